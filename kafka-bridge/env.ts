import { AppError, type FieldError } from "@tintype/core/errors";
import { parseTenantPlans } from "@tintype/core/model/tenant_plan";
import { RETENTION_POLICY, retentionPolicyOf } from "@tintype/core/retention/policy";
import * as z from "zod";

const port = z.coerce.number().int().min(0).max(65_535);
const megabytes = z.coerce.number().int().min(1).max(1024);
const milliseconds = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const list = z.string().transform((text) =>
  text.split(",").map((part) => part.trim()).filter((part) => part !== "")
);

const envSchema = z.object({
  HOST: z.string().min(1).default("127.0.0.1"),
  PORT: port.default(8081),
  KAFKA_BROKERS: list.pipe(z.array(z.string().regex(/^[^\s:]+:\d+$/, "must be host:port")).min(1)),
  KAFKA_CLUSTER: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
  KAFKA_TOPICS: list.pipe(z.array(z.string().min(1)).min(1)),
  KAFKA_DEAD_LETTER_TOPIC: z.string().min(1),
  KAFKA_GROUP: z.string().min(1),
  KAFKA_SESSION_TIMEOUT_MS: milliseconds(1_000, 300_000).default(10_000),
  /** How long Kafka and its topics may be missing at the start. */
  KAFKA_START_TIMEOUT_MS: milliseconds(0, 600_000).default(60_000),
  KAFKA_TLS: z.enum(["true", "false"]).default("false").transform((text) => text === "true"),
  KAFKA_SASL_MECHANISM: z.enum(["plain", "scram-sha-256", "scram-sha-512"]).optional(),
  KAFKA_SASL_USERNAME: z.string().min(1).optional(),
  KAFKA_SASL_PASSWORD: z.string().min(1).optional(),
  RAW_BUCKET: z.string().min(3),
  GOOGLE_CLOUD_PROJECT: z.string().min(1),
  STORAGE_ENDPOINT: z.url().optional(),
  PSEUDONYM_KEYS: z.string().transform((text, context) => secretList(text, context)),
  TENANT_PLANS: z.string().default("{}").transform((text, context) =>
    within(context, () => parseTenantPlans(text))
  ),
  RETENTION_MS: z.coerce.number().int().default(RETENTION_POLICY.periodMs).transform(
    (periodMs, context) => within(context, () => retentionPolicyOf(periodMs)),
  ),
  /** Bytes in flight, and of one fetch over all partitions. */
  BUDGET_MIB: megabytes.default(128),
  /** Bytes of one partition's fetch. */
  FETCH_MIB: megabytes.default(32),
}).superRefine((env, context) => {
  const complain = (path: string, message: string) =>
    context.addIssue({ code: "custom", path: [path], message });
  for (const name of ["KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"] as const) {
    if (env.KAFKA_SASL_MECHANISM === undefined || env[name] !== undefined) continue;
    complain(name, "must be set where KAFKA_SASL_MECHANISM is");
  }
  if (env.KAFKA_TOPICS.includes(env.KAFKA_DEAD_LETTER_TOPIC)) {
    complain("KAFKA_DEAD_LETTER_TOPIC", "must not be one of KAFKA_TOPICS");
  }
  for (const topic of env.KAFKA_TOPICS) {
    if (env.TENANT_PLANS.topicOf(topic) !== undefined) continue;
    complain("TENANT_PLANS", `must name the tenant of topic ${topic} (kafkaTopics)`);
  }
});

/** The bridge's configuration, validated. Throws `invalid_config` that names, in one line, every variable that is wrong. */
export function readEnv(variables: Readonly<Record<string, string | undefined>>) {
  const read = envSchema.safeParse(variables);
  if (!read.success) throw invalidEnv(read.error, variables);
  const { TENANT_PLANS: plans, RETENTION_MS: policy, ...env } = read.data;
  return { ...env, plans, policy };
}

/** The bridge's configuration. */
export type BridgeEnv = ReturnType<typeof readEnv>;

function invalidEnv(
  error: z.ZodError,
  variables: Readonly<Record<string, string | undefined>>,
): AppError {
  const errors: FieldError[] = error.issues.map(({ path, message }) => {
    const name = String(path[0]);
    return { path: name, message: variables[name] === undefined ? "must be set" : message };
  });
  const all = errors.map(({ path, message }) => `${path}: ${message}`).join("; ");
  return new AppError(
    "invalid_config",
    `Cannot start bridge as its environment is wrong: ${all.replaceAll(/\s+/g, " ")}`,
    { errors },
  );
}

/** What `read` answers; what it throws becomes the variable's error. */
function within<Value>(context: z.RefinementCtx, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  }
}

function secretList(text: string, context: z.RefinementCtx): [string, ...string[]] {
  try {
    return z.tuple([z.string().min(32)], z.string().min(32)).parse(JSON.parse(text));
  } catch {
    // The words of the parser may hold a secret.
    context.addIssue({
      code: "custom",
      message: "must be a JSON array of secrets of at least 32 characters",
    });
    return z.NEVER;
  }
}
