import { AppError } from "@tintype/core/errors";
import { parseTenantPlans } from "@tintype/core/model/tenant_plan";
import { RETENTION_POLICY, retentionPolicyOf } from "@tintype/core/retention/policy";
import * as z from "zod";

const port = z.coerce.number().int().min(0).max(65_535);
const megabytes = z.coerce.number().int().min(1).max(4096);
const list = z.string().transform((text) =>
  text.split(",").map((part) => part.trim()).filter((part) => part !== "")
);

const envSchema = z.object({
  PORT: port.default(8081),
  KAFKA_BROKERS: list.pipe(z.array(z.string().regex(/^[^\s:]+:\d+$/, "must be host:port")).min(1)),
  KAFKA_CLUSTER: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
  KAFKA_TOPICS: list.pipe(z.array(z.string().min(1)).min(1)),
  KAFKA_DEAD_LETTER_TOPIC: z.string().min(1),
  KAFKA_GROUP: z.string().min(1),
  KAFKA_SESSION_TIMEOUT_MS: z.coerce.number().int().min(1000).max(300_000).default(10_000),
  KAFKA_TLS: z.enum(["true", "false"]).default("false").transform((text) => text === "true"),
  KAFKA_SASL_MECHANISM: z.enum(["plain", "scram-sha-256", "scram-sha-512"]).optional(),
  KAFKA_SASL_USERNAME: z.string().min(1).optional(),
  KAFKA_SASL_PASSWORD: z.string().min(1).optional(),
  RAW_BUCKET: z.string().min(3),
  GOOGLE_CLOUD_PROJECT: z.string().min(1),
  STORAGE_ENDPOINT: z.url().optional(),
  PSEUDONYM_KEYS: z.string().transform((text, context) => secretList(text, context)),
  TENANT_PLANS: z.string().default("{}"),
  RETENTION_MS: z.coerce.number().int().default(RETENTION_POLICY.periodMs),
  BUDGET_MIB: megabytes.default(128),
  FETCH_MIB: megabytes.default(32),
}).refine(
  (env) =>
    env.KAFKA_SASL_MECHANISM === undefined || (env.KAFKA_SASL_USERNAME && env.KAFKA_SASL_PASSWORD),
  {
    path: ["KAFKA_SASL_USERNAME"],
    message: "and KAFKA_SASL_PASSWORD must be set where KAFKA_SASL_MECHANISM is",
  },
);

/** The bridge's configuration, validated. Throws `invalid_config` that names every variable that is wrong. */
export function readEnv(variables: Readonly<Record<string, string | undefined>>) {
  const read = envSchema.safeParse(variables);
  if (!read.success) {
    const errors = read.error.issues.map(({ path, message }) => ({
      path: path.join("."),
      message,
    }));
    const list = errors.map(({ path, message }) => `${path}: ${message}`).join("; ");
    throw new AppError(
      "invalid_config",
      `Cannot start bridge as its environment is wrong: ${list}`,
      { errors },
    );
  }
  const { TENANT_PLANS, RETENTION_MS, ...env } = read.data;
  const plans = parseTenantPlans(TENANT_PLANS);
  for (const topic of env.KAFKA_TOPICS) {
    if (plans.topicOf(topic) === undefined) {
      throw new AppError(
        "invalid_config",
        `Cannot start bridge as TENANT_PLANS says nothing of topic ${topic} (kafkaTopics)`,
      );
    }
  }
  return { ...env, plans, policy: retentionPolicyOf(RETENTION_MS) };
}

/** The bridge's configuration. */
export type BridgeEnv = ReturnType<typeof readEnv>;

function secretList(text: string, context: z.RefinementCtx): [string, ...string[]] {
  try {
    return z.tuple([z.string().min(32)], z.string().min(32)).parse(JSON.parse(text));
  } catch {
    context.addIssue({
      code: "custom",
      message: "must be a JSON array of secrets of at least 32 characters",
    });
    return z.NEVER;
  }
}
