/**
 * The webhook dispatcher's composition root: records become one message an endpoint, and messages are sent to addresses
 * that tenants name. It reaches no image, so that nothing is there for whoever would make it call the wrong address.
 */
import { CachedTenants } from "@tintype/core/configuration/cached_tenants";
import { jsonLog } from "@tintype/core/json_log";
import { MAX_WAIT_MS, webhookShare } from "@tintype/core/fairness/delivery_share";
import { openWebhookMaster } from "@tintype/core/model/webhook_signature";
import { RestingEndpoints } from "@tintype/core/webhooks/resting_endpoints";
import { gcsObjectStore } from "./adapters/gcs_object_store.ts";
import { createOidcVerifier } from "./adapters/oidc_verifier.ts";
import { pubsubWebhooks } from "./adapters/pubsub_publisher.ts";
import { webhookSender } from "./adapters/webhook_sender.ts";
import { describeError } from "./describe_error.ts";
import { FairQueue } from "./fair_queue.ts";
import { exitOnCrash, readEnvOrExit, serveUntilSignal } from "./server_process.ts";
import { createWebhookMetrics } from "./telemetry/webhook_metrics.ts";
import { createWebhooksApp } from "./webhooks_app.ts";
import { readWebhooksEnv, WEBHOOKS_VARS } from "./webhooks_env.ts";

async function main(): Promise<void> {
  const log = jsonLog({ part: "webhooks", write: console.log });
  const env = readEnvOrExit(readWebhooksEnv, WEBHOOKS_VARS, Deno.env);
  exitOnCrash(log);
  const { projectId, endpoints, configBucket, webhooksTopic } = env;
  const queue = new FairQueue({ ...webhookShare, clock: Date, maxWaitMs: MAX_WAIT_MS });
  const stopping = new AbortController();
  const app = createWebhooksApp({
    ...env,
    tenants: new CachedTenants({
      config: gcsObjectStore({ bucket: configBucket, endpoint: endpoints.storage }),
      clock: Date,
      onProblem: (error, file) =>
        log.error("configuration_invalid", { file, ...describeError(error) }),
    }),
    webhooks: pubsubWebhooks({ projectId, endpoint: endpoints.pubsub }, webhooksTopic),
    sender: webhookSender(env),
    master: await openWebhookMaster(env.master),
    resting: new RestingEndpoints(Date),
    clock: Date,
    queue,
    log,
    metrics: createWebhookMetrics(() => queue.size),
    verify: createOidcVerifier(env.oidcKeysUrl),
    isReady: () => !stopping.signal.aborted,
    signal: stopping.signal,
  });
  serveUntilSignal(env, app, { queue, stopping, log });
}

await main();
