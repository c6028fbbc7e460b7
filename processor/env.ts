import { durationText } from "@tintype/core/duration";
import { AppError, schemaError } from "@tintype/core/errors";
import { parseTenantPlans, type TenantPlans } from "@tintype/core/model/tenant_plan";
import {
  RETENTION_POLICY,
  type RetentionPolicy,
  retentionPolicyOf,
} from "@tintype/core/retention/policy";
import * as z from "zod";
import { CODEC_NAMES } from "./adapters/codec_names.ts";

const bucket = z.string().regex(/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/, "must be a bucket's name");
const address = z.url({ protocol: /^https?$/, error: "must be an http or https address" });
const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

const schema = z.object({
  HOST: z.string().min(1).default("127.0.0.1"),
  PORT: whole(0, 65_535).default(8080),
  RAW_BUCKET: bucket,
  PROCESSED_BUCKET: bucket,
  CERTIFICATES_BUCKET: bucket,
  GOOGLE_CLOUD_PROJECT: z.string().min(1),
  DATASET: z.string().regex(/^\w{1,1024}$/, "must be a dataset's name").default("tintype"),
  STORAGE_ENDPOINT: address.optional(),
  BIGQUERY_ENDPOINT: address.optional(),
  PUSH_AUDIENCE: address.transform((url) => url.replace(/\/+$/, "")),
  PUSH_SERVICE_ACCOUNT: z.email(),
  SCHEDULER_SERVICE_ACCOUNT: z.email(),
  OIDC_JWKS_URL: address.default("https://www.googleapis.com/oauth2/v3/certs"),
  RETENTION_MS: z.coerce.number().default(RETENTION_POLICY.periodMs).transform(readPolicy),
  TENANT_PLANS: z.string().default("{}").transform(readPlans),
  CODEC: z.enum(CODEC_NAMES).default("sharp"),
  PIPELINE: z.string().min(1).optional(),
  PIXEL_PROCESSES: whole(1, 64).default(2),
  K_REVISION: z.string().min(1).optional(),
});

/** The names of all variables that the processor reads. */
export const ENV_NAMES = Object.keys(schema.shape) as readonly (keyof typeof schema.shape)[]; // keys of a const object

/** The processor's configuration. */
export type ProcessorEnv = ReturnType<typeof readEnv>;

/** Reads the environment; throws `invalid_config` that names every variable that is wrong. Empty ones count as absent. */
export function readEnv(env: Readonly<Record<string, string | undefined>>) {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const read = schema.safeParse(given);
  if (!read.success) throw schemaError("invalid_config", "Cannot start the processor", read.error);
  const vars = read.data;
  return {
    hostname: vars.HOST,
    port: vars.PORT,
    projectId: vars.GOOGLE_CLOUD_PROJECT,
    dataset: vars.DATASET,
    buckets: {
      raw: vars.RAW_BUCKET,
      processed: vars.PROCESSED_BUCKET,
      certificates: vars.CERTIFICATES_BUCKET,
    },
    // Emulators' addresses, asked without credentials.
    endpoints: { storage: vars.STORAGE_ENDPOINT, bigquery: vars.BIGQUERY_ENDPOINT },
    audience: vars.PUSH_AUDIENCE,
    pushServiceAccount: vars.PUSH_SERVICE_ACCOUNT,
    schedulerServiceAccount: vars.SCHEDULER_SERVICE_ACCOUNT,
    oidcKeysUrl: new URL(vars.OIDC_JWKS_URL),
    policy: vars.RETENTION_MS,
    plans: vars.TENANT_PLANS,
    codec: vars.CODEC,
    pipeline: vars.PIPELINE,
    pixelProcesses: vars.PIXEL_PROCESSES,
    revision: vars.K_REVISION,
  };
}

function readPolicy(periodMs: number, context: z.RefinementCtx): RetentionPolicy {
  try {
    return retentionPolicyOf(periodMs);
  } catch {
    context.addIssue(
      `must be from 10 seconds to ${durationText(RETENTION_POLICY.periodMs)}, in milliseconds`,
    );
    return z.NEVER;
  }
}

function readPlans(text: string, context: z.RefinementCtx): TenantPlans {
  try {
    return parseTenantPlans(text);
  } catch (error) {
    context.addIssue(error instanceof AppError ? error.publicMessage : "must be tenant plans");
    return z.NEVER;
  }
}
