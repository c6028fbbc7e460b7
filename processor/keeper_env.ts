import type { RetentionPolicy } from "@tintype/core/retention/policy";
import * as z from "zod";
import { type BucketNames, bucketsOf, type Endpoints } from "./env.ts";
import { address, bucket, readVars, SERVER_VARS, topic, whole } from "./server_env.ts";

/** The keeper's variables. */
export const KEEPER_VARS = z.object({
  ...SERVER_VARS,
  PORT: whole(0, 65_535).default(8082),
  CERTIFICATES_BUCKET: bucket,
  DATASET: z.string().regex(/^\w{1,1024}$/, "must be a dataset's name").default("tintype"),
  BIGQUERY_ENDPOINT: address.optional(),
  EVENTS_TOPIC: topic.default("tintype-events"),
  CERTIFICATES_TOPIC: topic.default("tintype-certificates"),
  SCHEDULER_SERVICE_ACCOUNT: z.email(),
  /** The number of the pseudonym key that days made from now on use. */
  PSEUDONYM_KEY: whole(1, 999_999).default(1),
  /** How old a row must be before it can be changed, in milliseconds. */
  SETTLE_MS: whole(0, 86_400_000).default(0),
});

/** The keeper's configuration. */
export interface KeeperEnv {
  readonly hostname: string;
  readonly port: number;
  readonly projectId: string;
  readonly buckets: BucketNames & { readonly certificates: string };
  readonly dataset: string;
  readonly topics: Readonly<Record<"events" | "certificates", string>>;
  readonly endpoints: Endpoints & { readonly bigquery: string | undefined };
  readonly audience: string;
  readonly schedulerServiceAccount: string;
  readonly oidcKeysUrl: URL;
  readonly policy: RetentionPolicy;
  readonly pseudonymKey: number;
  readonly settleMs: number;
}

/** Reads the environment; throws `invalid_config` that names every variable that is wrong. */
export function readKeeperEnv(env: Readonly<Record<string, string | undefined>>): KeeperEnv {
  return keeperEnvOf(readVars("keeper", KEEPER_VARS, env));
}

/** The configuration that the variables mean. */
export function keeperEnvOf(vars: z.infer<typeof KEEPER_VARS>): KeeperEnv {
  return {
    hostname: vars.HOST,
    port: vars.PORT,
    projectId: vars.GOOGLE_CLOUD_PROJECT,
    buckets: { ...bucketsOf(vars), certificates: vars.CERTIFICATES_BUCKET },
    dataset: vars.DATASET,
    topics: { events: vars.EVENTS_TOPIC, certificates: vars.CERTIFICATES_TOPIC },
    endpoints: {
      storage: vars.STORAGE_ENDPOINT,
      pubsub: vars.PUBSUB_ENDPOINT,
      bigquery: vars.BIGQUERY_ENDPOINT,
    },
    audience: vars.AUDIENCE,
    schedulerServiceAccount: vars.SCHEDULER_SERVICE_ACCOUNT,
    oidcKeysUrl: new URL(vars.OIDC_JWKS_URL),
    policy: vars.RETENTION_MS,
    pseudonymKey: vars.PSEUDONYM_KEY,
    settleMs: vars.SETTLE_MS,
  };
}
