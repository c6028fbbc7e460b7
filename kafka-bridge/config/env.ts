import { AppError, type FieldError } from "@tintype/core/errors";
import { parsePseudonymKeys } from "@tintype/core/model/owner";
import { RETENTION_POLICY, retentionPolicyOf } from "@tintype/core/retention/policy";
import * as z from "zod";
import { REDRIVE_SUFFIX, RESULTS_SUFFIX } from "../delivery/origin.ts";
import { BROKER, partsOf } from "./brokers.ts";
import { certificatesPem, isKeyOf, privateKeyPem } from "./pem.ts";

const port = z.coerce.number().int().min(0).max(65_535);
const megabytes = z.coerce.number().int().min(4).max(1024);
const milliseconds = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const list = z.string().transform(partsOf);

type Variables = Readonly<Record<string, string | undefined>>;

/** How Kafka is reached. */
const kafkaSchema = z.object({
  KAFKA_BROKERS: list.pipe(z.array(z.string().regex(BROKER, "must be host:port")).min(1)),
  KAFKA_TLS: z.enum(["true", "false"]).default("false").transform((text) => text === "true"),
  /** PEM of the authority that signed the brokers' certificates, where the system does not know it. */
  KAFKA_TLS_CA: certificatesPem.optional(),
  /** PEM of the certificate and key by which the bridge shows who it is, where the brokers ask. */
  KAFKA_TLS_CERT: certificatesPem.optional(),
  KAFKA_TLS_KEY: privateKeyPem.optional(),
  KAFKA_SASL_MECHANISM: z.enum(["plain", "scram-sha-256", "scram-sha-512", "oauthbearer"])
    .optional(),
  /** The user; for OAUTHBEARER the client's id. */
  KAFKA_SASL_USERNAME: z.string().min(1).optional(),
  /** The password; for OAUTHBEARER the client's secret. */
  KAFKA_SASL_PASSWORD: z.string().min(1).optional(),
  /** The OAuth 2.0 token endpoint of OAUTHBEARER. */
  KAFKA_OAUTH_TOKEN_URL: z.url().regex(
    /^https:|^http:\/\/(localhost|127\.0\.0\.1)[:/]/,
    "must be https://…",
  ).optional(),
  KAFKA_OAUTH_SCOPE: z.string().min(1).optional(),
  /** SASL extensions: name=value,… (Confluent Cloud: logicalCluster and identityPoolId). */
  KAFKA_OAUTH_EXTENSIONS: list.pipe(
    z.array(z.string().regex(/^[A-Za-z]+=[^\s,=]+$/, "must be name=value,...")),
  ).default([]),
});

const PUBSUB_NAME = /^[a-zA-Z][a-zA-Z0-9._~+%-]{2,254}$/;

const envSchema = kafkaSchema.extend({
  HOST: z.string().min(1).default("127.0.0.1"),
  PORT: port.default(8081),
  KAFKA_CLUSTER: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
  KAFKA_TOPICS: list.pipe(z.array(z.string().min(1)).min(1)),
  KAFKA_DEAD_LETTER_TOPIC: z.string().min(1),
  KAFKA_GROUP: z.string().min(1),
  KAFKA_SESSION_TIMEOUT_MS: milliseconds(1_000, 300_000).default(10_000),
  /** How long Kafka and its topics may be missing at the start. */
  KAFKA_START_TIMEOUT_MS: milliseconds(0, 600_000).default(60_000),
  /** How often to look where the topics end. */
  KAFKA_WATCH_EVERY_MS: milliseconds(100, 600_000).default(5_000),
  /** How often to look which topics are there and how they are set. */
  KAFKA_TOPICS_EVERY_MS: milliseconds(100, 3_600_000).default(30_000),
  /** How long nothing may progress, with work that nobody else holds up, before /healthz fails. */
  STALL_TIMEOUT_MS: milliseconds(1_000, 3_600_000).default(300_000),
  GOOGLE_CLOUD_PROJECT: z.string().min(1),
  RAW_BUCKET: z.string().min(3),
  /** Where the days' salts and the tenants' objects are. */
  CONFIG_BUCKET: z.string().min(3),
  /** Where others learn of refusals. */
  RECORDS_TOPIC: z.string().regex(PUBSUB_NAME).default("tintype-images"),
  /** The subscription with the records of images that came through Kafka; without it there are no results. */
  RESULTS_SUBSCRIPTION: z.string().regex(PUBSUB_NAME).optional(),
  /** An OTLP collector (HTTP) that takes the bridge's spans; without it none are made. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  STORAGE_ENDPOINT: z.url().optional(),
  PUBSUB_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  PSEUDONYM_KEYS: z.string().transform((text, context) =>
    within(context, () => parsePseudonymKeys(text))
  ),
  RETENTION_MS: z.coerce.number().int().default(RETENTION_POLICY.periodMs).transform(
    (periodMs, context) => within(context, async () => retentionPolicyOf(periodMs)),
  ),
  /** Bytes that are held over all partitions; a fetch brings an eighth of it at most, or one record. */
  BUDGET_MIB: megabytes.default(48),
  /** Records of one partition that are uploaded at once. */
  UPLOADS_PER_PARTITION: z.coerce.number().int().min(1).max(256).default(8),
  /** How long a chunk set may be silent before its records become dead letters. */
  CHUNK_SILENCE_MS: milliseconds(1_000, 86_400_000).default(600_000),
}).superRefine((env, context) => {
  const complain = complaintsOf(context);
  checkKafka(env, context);
  if (env.KAFKA_TOPICS.some((topic) => topic.endsWith(REDRIVE_SUFFIX))) {
    complain(
      "KAFKA_TOPICS",
      `must not name a ${REDRIVE_SUFFIX} topic: they are read beside theirs`,
    );
  }
  // What is refused would be read again, and refused again.
  if (env.KAFKA_TOPICS.some((topic) => isMadeOf(topic, env.KAFKA_DEAD_LETTER_TOPIC))) {
    complain(
      "KAFKA_DEAD_LETTER_TOPIC",
      `must not be one of KAFKA_TOPICS, its ${REDRIVE_SUFFIX} or its ${RESULTS_SUFFIX}`,
    );
  }
  const results = env.KAFKA_TOPICS.map((topic) => topic + RESULTS_SUFFIX);
  if (results.some((topic) => env.KAFKA_TOPICS.includes(topic))) {
    complain("KAFKA_TOPICS", `must not name a topic and its ${RESULTS_SUFFIX}`);
  }
});

function complaintsOf(context: z.RefinementCtx) {
  return (path: string, message: string) =>
    context.addIssue({ code: "custom", path: [path], message });
}

function isMadeOf(topic: string, other: string): boolean {
  return [topic, topic + REDRIVE_SUFFIX, topic + RESULTS_SUFFIX].includes(other);
}

function checkKafka(env: z.infer<typeof kafkaSchema>, context: z.RefinementCtx): void {
  const complain = complaintsOf(context);
  for (const name of ["KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"] as const) {
    if (env.KAFKA_SASL_MECHANISM === undefined || env[name] !== undefined) continue;
    complain(name, "must be set where KAFKA_SASL_MECHANISM is");
  }
  const { KAFKA_SASL_MECHANISM: mechanism } = env;
  if (!env.KAFKA_TLS && (mechanism === "plain" || mechanism === "oauthbearer")) {
    complain("KAFKA_TLS", `must be true with ${mechanism}, which sends a secret as it is`);
  }
  if ((mechanism === "oauthbearer") !== (env.KAFKA_OAUTH_TOKEN_URL !== undefined)) {
    complain(
      "KAFKA_OAUTH_TOKEN_URL",
      "must be set where KAFKA_SASL_MECHANISM is oauthbearer, and only there",
    );
  }
  const { KAFKA_TLS_CERT: cert, KAFKA_TLS_KEY: key } = env;
  if ((cert === undefined) !== (key === undefined)) {
    complain("KAFKA_TLS_KEY", "must be set where KAFKA_TLS_CERT is, and only there");
  }
  if (cert !== undefined && key !== undefined && !isKeyOf(key, cert)) {
    complain("KAFKA_TLS_KEY", "must be the key of KAFKA_TLS_CERT");
  }
  for (const name of ["KAFKA_TLS_CA", "KAFKA_TLS_CERT"] as const) {
    if (env[name] !== undefined && !env.KAFKA_TLS) complain(name, "needs KAFKA_TLS=true");
  }
}

/** How Kafka is reached, for a command that needs nothing else. Throws `invalid_config` as {@link readEnv} does. */
export function readKafkaEnv(variables: Variables) {
  const read = kafkaSchema.superRefine(checkKafka).safeParse(variables);
  if (!read.success) throw invalidEnv(read.error, variables);
  return read.data;
}

/** How Kafka is reached. */
export type KafkaEnv = ReturnType<typeof readKafkaEnv>;

/** The bridge's configuration, validated. Throws `invalid_config` that names, in one line, every variable that is wrong. */
export async function readEnv(variables: Variables) {
  const read = await envSchema.safeParseAsync(variables);
  if (!read.success) throw invalidEnv(read.error, variables);
  const { PSEUDONYM_KEYS: pseudonymKeys, RETENTION_MS: policy, ...env } = read.data;
  return { ...env, pseudonymKeys, policy };
}

/** The bridge's configuration. */
export type BridgeEnv = Awaited<ReturnType<typeof readEnv>>;

function invalidEnv(error: z.ZodError, variables: Variables): AppError {
  const errors: FieldError[] = error.issues.map(({ path, message, code }) => {
    const name = String(path[0]);
    const isMissing = code !== "custom" && variables[name] === undefined;
    return { path: name, message: isMissing ? "must be set" : message };
  });
  const all = errors.map(({ path, message }) => `${path}: ${message}`).join("; ");
  return new AppError(
    "invalid_config",
    `Cannot start as the environment is wrong: ${all.replaceAll(/\s+/g, " ")}`,
    { errors },
  );
}

/** What `read` resolves with; what it throws becomes the variable's error. */
async function within<Value>(context: z.RefinementCtx, read: () => Promise<Value>): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  }
}
