/** The variables that every service of the processor's image reads, and how they are checked. */
import { schemaError } from "@tintype/core/errors";
import { durationText } from "@tintype/core/duration";
import {
  RETENTION_POLICY,
  type RetentionPolicy,
  retentionPolicyOf,
} from "@tintype/core/retention/policy";
import * as z from "zod";

/** A bucket's name. */
export const bucket = z.string()
  .regex(/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/, "must be a bucket's name");
/** A topic's name, without its project. */
export const topic = z.string()
  .regex(/^[a-zA-Z][a-zA-Z0-9._~+%-]{2,254}$/, "must be a topic's name");
/** An address of HTTP. */
export const address = z.url({ protocol: /^https?$/, error: "must be an http or https address" });
/** A whole number between two others. */
export const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

/** What every service reads. */
export const SERVER_VARS = {
  HOST: z.string().min(1).default("127.0.0.1"),
  RAW_BUCKET: bucket,
  PROCESSED_BUCKET: bucket,
  ERASURES_BUCKET: bucket,
  CONFIG_BUCKET: bucket,
  GOOGLE_CLOUD_PROJECT: z.string().min(1),
  STORAGE_ENDPOINT: address.optional(),
  PUBSUB_ENDPOINT: address.optional(),
  AUDIENCE: address.transform((url) => url.replace(/\/+$/, "")),
  OIDC_JWKS_URL: address.default("https://www.googleapis.com/oauth2/v3/certs"),
  RETENTION_MS: z.coerce.number().default(RETENTION_POLICY.periodMs).transform(readPolicy),
};

/** Names of the buckets that the services work on. */
export interface BucketNames {
  readonly raw: string;
  readonly processed: string;
  readonly erasures: string;
  readonly config: string;
}

/** Emulators' addresses, called without credentials; undefined for Google Cloud itself. */
interface Endpoints {
  readonly storage: string | undefined;
  readonly pubsub: string | undefined;
}

/** Variables as a process has them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** What every service is configured with. */
export interface ServerEnv {
  readonly hostname: string;
  readonly port: number;
  readonly projectId: string;
  readonly buckets: BucketNames;
  readonly endpoints: Endpoints;
  /** Base address that tokens name as their audience, without a slash at the end. */
  readonly audience: string;
  readonly oidcKeysUrl: URL;
  readonly policy: RetentionPolicy;
}

type ServerVars = z.infer<z.ZodObject<typeof SERVER_VARS>> & { readonly PORT: number };

/** The configuration that the variables of every service mean. */
export function serverEnvOf(vars: ServerVars): ServerEnv {
  return {
    hostname: vars.HOST,
    port: vars.PORT,
    projectId: vars.GOOGLE_CLOUD_PROJECT,
    buckets: {
      raw: vars.RAW_BUCKET,
      processed: vars.PROCESSED_BUCKET,
      erasures: vars.ERASURES_BUCKET,
      config: vars.CONFIG_BUCKET,
    },
    endpoints: { storage: vars.STORAGE_ENDPOINT, pubsub: vars.PUBSUB_ENDPOINT },
    audience: vars.AUDIENCE,
    oidcKeysUrl: new URL(vars.OIDC_JWKS_URL),
    policy: vars.RETENTION_MS,
  };
}

/** Reads variables by a schema; throws `invalid_config` that names every wrong one. Empty ones count as absent. */
export function readVars<Schema extends z.ZodObject>(
  service: string,
  schema: Schema,
  env: Variables,
): z.infer<Schema> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const read = schema.safeParse(given);
  if (read.success) return read.data;
  throw schemaError("invalid_config", `Cannot start the ${service}`, read.error);
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
