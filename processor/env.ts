import type { RetentionPolicy } from "@tintype/core/retention/policy";
import * as z from "zod";
import { CODEC_NAMES, type CodecName } from "./adapters/codec_names.ts";
import { readVars, SERVER_VARS, topic, whole } from "./server_env.ts";

/** The processor's variables. */
export const PROCESSOR_VARS = z.object({
  ...SERVER_VARS,
  PORT: whole(0, 65_535).default(8080),
  RECORDS_TOPIC: topic.default("tintype-images"),
  PUSH_SERVICE_ACCOUNT: z.email(),
  CODEC: z.enum(CODEC_NAMES).default("sharp"),
  PIPELINE: z.string().min(1).optional(),
  PIXEL_PROCESSES: whole(1, 64).default(2),
  K_REVISION: z.string().min(1).optional(),
});

/** Names of the buckets that the services work on. */
export interface BucketNames {
  readonly raw: string;
  readonly processed: string;
  readonly erasures: string;
  readonly config: string;
}

/** Emulators' addresses, called without credentials; undefined for Google Cloud itself. */
export interface Endpoints {
  readonly storage: string | undefined;
  readonly pubsub: string | undefined;
}

/** The processor's configuration. */
export interface ProcessorEnv {
  readonly hostname: string;
  readonly port: number;
  readonly projectId: string;
  readonly buckets: BucketNames;
  readonly recordsTopic: string;
  readonly endpoints: Endpoints;
  readonly audience: string;
  readonly pushServiceAccount: string;
  readonly oidcKeysUrl: URL;
  readonly policy: RetentionPolicy;
  readonly codec: CodecName;
  readonly pipeline: string | undefined;
  readonly pixelProcesses: number;
  readonly revision: string | undefined;
}

/** Reads the environment; throws `invalid_config` that names every variable that is wrong. */
export function readEnv(env: Readonly<Record<string, string | undefined>>): ProcessorEnv {
  return processorEnvOf(readVars("processor", PROCESSOR_VARS, env));
}

/** The configuration that the variables mean. */
export function processorEnvOf(vars: z.infer<typeof PROCESSOR_VARS>): ProcessorEnv {
  return {
    hostname: vars.HOST,
    port: vars.PORT,
    projectId: vars.GOOGLE_CLOUD_PROJECT,
    buckets: bucketsOf(vars),
    recordsTopic: vars.RECORDS_TOPIC,
    endpoints: { storage: vars.STORAGE_ENDPOINT, pubsub: vars.PUBSUB_ENDPOINT },
    audience: vars.AUDIENCE,
    pushServiceAccount: vars.PUSH_SERVICE_ACCOUNT,
    oidcKeysUrl: new URL(vars.OIDC_JWKS_URL),
    policy: vars.RETENTION_MS,
    codec: vars.CODEC,
    pipeline: vars.PIPELINE,
    pixelProcesses: vars.PIXEL_PROCESSES,
    revision: vars.K_REVISION,
  };
}

/** The buckets that the variables name. */
export function bucketsOf(
  vars: Record<"RAW_BUCKET" | "PROCESSED_BUCKET" | "ERASURES_BUCKET" | "CONFIG_BUCKET", string>,
): BucketNames {
  return {
    raw: vars.RAW_BUCKET,
    processed: vars.PROCESSED_BUCKET,
    erasures: vars.ERASURES_BUCKET,
    config: vars.CONFIG_BUCKET,
  };
}
