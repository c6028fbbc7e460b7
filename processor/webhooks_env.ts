import * as z from "zod";
import { readVars, SERVER_VARS, topic, type Variables, whole } from "./server_env.ts";

/** The webhook dispatcher's variables: it reads no bucket but the configuration. */
export const WEBHOOKS_VARS = z.object({
  HOST: SERVER_VARS.HOST,
  PORT: whole(0, 65_535).default(8083),
  CONFIG_BUCKET: SERVER_VARS.CONFIG_BUCKET,
  GOOGLE_CLOUD_PROJECT: SERVER_VARS.GOOGLE_CLOUD_PROJECT,
  STORAGE_ENDPOINT: SERVER_VARS.STORAGE_ENDPOINT,
  PUBSUB_ENDPOINT: SERVER_VARS.PUBSUB_ENDPOINT,
  AUDIENCE: SERVER_VARS.AUDIENCE,
  OIDC_JWKS_URL: SERVER_VARS.OIDC_JWKS_URL,
  PUSH_SERVICE_ACCOUNT: z.email(),
  WEBHOOKS_TOPIC: topic.default("tintype-webhooks"),
  WEBHOOK_MASTER: z.string().min(32, "must have at least 32 characters"),
  /** Only on a developer's machine: receivers there have no public address. */
  ALLOW_LOOPBACK: z.enum(["true", "false"]).default("false"),
});

/** Reads the environment; throws `invalid_config` that names every variable that is wrong. */
export function readWebhooksEnv(env: Variables) {
  const vars = readVars("webhook dispatcher", WEBHOOKS_VARS, env);
  return {
    hostname: vars.HOST,
    port: vars.PORT,
    projectId: vars.GOOGLE_CLOUD_PROJECT,
    configBucket: vars.CONFIG_BUCKET,
    /** Emulators' addresses, called without credentials; undefined for Google Cloud itself. */
    endpoints: { storage: vars.STORAGE_ENDPOINT, pubsub: vars.PUBSUB_ENDPOINT },
    audience: vars.AUDIENCE,
    oidcKeysUrl: new URL(vars.OIDC_JWKS_URL),
    pushServiceAccount: vars.PUSH_SERVICE_ACCOUNT,
    webhooksTopic: vars.WEBHOOKS_TOPIC,
    master: vars.WEBHOOK_MASTER,
    allowsLoopback: vars.ALLOW_LOOPBACK === "true",
  };
}
