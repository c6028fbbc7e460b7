import * as z from "zod";
import {
  address,
  bucket,
  readVars,
  SERVER_VARS,
  type ServerEnv,
  serverEnvOf,
  topic,
  type Variables,
  whole,
} from "./server_env.ts";

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
  /** Its own: an instance has others sweep parts. */
  KEEPER_SERVICE_ACCOUNT: z.email(),
  /** How many instances share a sweep's work. */
  SWEEP_PARTS: whole(1, 32).default(1),
  /** The subscriptions whose messages are events of images, slow lanes included. */
  EVENT_SUBSCRIPTIONS: z.string().default("tintype-events")
    .transform((text) => text.split(",")).pipe(z.array(topic).min(1)),
  /** Ed25519, in PEM: certificates are signed with it. */
  CERTIFICATE_KEY: z.string().startsWith(
    "-----BEGIN PRIVATE KEY-----",
    "must be a PKCS #8 key in PEM",
  ),
  MONITORING_ENDPOINT: address.optional(),
  LOGGING_ENDPOINT: address.optional(),
  METADATA_ENDPOINT: address.optional(),
  /** The number of the pseudonym key that days made from now on use. */
  PSEUDONYM_KEY: whole(1, 999_999).default(1),
  /** The keys by number, with which a person's owners are found. */
  PSEUDONYM_KEYS: z.string(),
  /** How old a row must be before it can be changed, in milliseconds. */
  SETTLE_MS: whole(0, 86_400_000).default(0),
});

/** The keeper's configuration. */
export interface KeeperEnv extends ServerEnv {
  readonly buckets: ServerEnv["buckets"] & { readonly certificates: string };
  readonly dataset: string;
  readonly topics: Readonly<Record<"events" | "certificates", string>>;
  readonly endpoints:
    & ServerEnv["endpoints"]
    & Readonly<Record<"bigquery" | "logging" | "monitoring" | "metadata", string | undefined>>;
  readonly schedulerServiceAccount: string;
  readonly keeperServiceAccount: string;
  readonly sweepParts: number;
  readonly eventSubscriptions: readonly string[];
  readonly certificateKey: string;
  readonly pseudonymKey: number;
  readonly pseudonymKeys: string;
  readonly settleMs: number;
}

/** Reads the environment; throws `invalid_config` that names every variable that is wrong. */
export function readKeeperEnv(env: Variables): KeeperEnv {
  const vars = readVars("keeper", KEEPER_VARS, env);
  const server = serverEnvOf(vars);
  return {
    ...server,
    buckets: { ...server.buckets, certificates: vars.CERTIFICATES_BUCKET },
    dataset: vars.DATASET,
    topics: { events: vars.EVENTS_TOPIC, certificates: vars.CERTIFICATES_TOPIC },
    endpoints: {
      ...server.endpoints,
      bigquery: vars.BIGQUERY_ENDPOINT,
      logging: vars.LOGGING_ENDPOINT,
      monitoring: vars.MONITORING_ENDPOINT,
      metadata: vars.METADATA_ENDPOINT,
    },
    schedulerServiceAccount: vars.SCHEDULER_SERVICE_ACCOUNT,
    keeperServiceAccount: vars.KEEPER_SERVICE_ACCOUNT,
    sweepParts: vars.SWEEP_PARTS,
    eventSubscriptions: vars.EVENT_SUBSCRIPTIONS,
    certificateKey: vars.CERTIFICATE_KEY,
    pseudonymKey: vars.PSEUDONYM_KEY,
    pseudonymKeys: vars.PSEUDONYM_KEYS,
    settleMs: vars.SETTLE_MS,
  };
}
