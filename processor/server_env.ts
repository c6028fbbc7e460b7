/** The variables that every service of the processor's image reads, and how they are checked. */
import { AppError, schemaError } from "@tintype/core/errors";
import { durationText } from "@tintype/core/duration";
import type { Log } from "@tintype/core/ports/log";
import {
  RETENTION_POLICY,
  type RetentionPolicy,
  retentionPolicyOf,
} from "@tintype/core/retention/policy";
import process from "node:process";
import * as z from "zod";
import { describeError } from "./describe_error.ts";

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

/** Reads variables by a schema; throws `invalid_config` that names every wrong one. Empty ones count as absent. */
export function readVars<Schema extends z.ZodObject>(
  service: string,
  schema: Schema,
  env: Readonly<Record<string, string | undefined>>,
): z.infer<Schema> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const read = schema.safeParse(given);
  if (read.success) return read.data;
  throw schemaError("invalid_config", `Cannot start the ${service}`, read.error);
}

/** The variables of a schema as the process has them in `env`, or the end of the process with what is wrong. */
export function readEnvOrExit<Schema extends z.ZodObject>(
  service: string,
  schema: Schema,
  env: { get(name: string): string | undefined },
): z.infer<Schema> {
  try {
    const names = Object.keys(schema.shape);
    return readVars(
      service,
      schema,
      Object.fromEntries(names.map((name) => [name, env.get(name)])),
    );
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    console.error(error.publicMessage);
    process.exit(1);
  }
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

/** Logs what nobody caught, and ends the process with 1. */
export function exitOnCrash(log: Log): void {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    log.error("crashed", describeError(event.reason));
    process.exit(1);
  });
}
