/**
 * The keeper's composition root: retention, erasures' rows, repair and day salts run on a service of its own, so that the
 * guard does not live with the guarded. It reads no image.
 */
import { jsonLog } from "@tintype/core/json_log";
import { parsePseudonymKeys } from "@tintype/core/model/owner";
import { openSigningKey } from "@tintype/core/retention/certificate_keys";
import { type SweepPart, sweptPartSchema } from "@tintype/core/retention/sweep_part";
import { BigQueryRows } from "./adapters/bigquery_rows.ts";
import { createBigQueryClient } from "./adapters/bigquery_client.ts";
import { gcsObjectStore } from "./adapters/gcs_object_store.ts";
import { callKeeper, type KeeperAccess, metadataTokens } from "./adapters/keeper_call.ts";
import { monitoringQueues } from "./adapters/monitoring_queues.ts";
import { createOidcVerifier } from "./adapters/oidc_verifier.ts";
import { platformSettings } from "./adapters/platform_settings.ts";
import { pubsubEvents, pubsubPurges } from "./adapters/pubsub_publisher.ts";
import { webHashing } from "./adapters/web_hashing.ts";
import { createKeeperApp, type KeeperPorts } from "./keeper_app.ts";
import { KEEPER_VARS, type KeeperEnv, readKeeperEnv } from "./keeper_env.ts";
import { exitOnCrash, readEnvOrExit, serveUntilSignal } from "./server_process.ts";
import { createKeeperMetrics } from "./telemetry/keeper_metrics.ts";
import { traced } from "./telemetry/traced.ts";

async function main(): Promise<void> {
  const log = jsonLog({ part: "keeper", write: console.log });
  const env = readEnvOrExit(readKeeperEnv, KEEPER_VARS, Deno.env);
  exitOnCrash(log);
  const stopping = new AbortController();
  const app = createKeeperApp({
    ...env,
    ports: await createPorts(env),
    sweepElsewhere: sweepByCall({
      url: env.audience,
      identityToken: metadataTokens(env.endpoints.metadata),
    }),
    log,
    metrics: createKeeperMetrics(),
    verify: createOidcVerifier(env.oidcKeysUrl),
    isReady: () => !stopping.signal.aborted,
    signal: stopping.signal,
  });
  serveUntilSignal(env, app, { stopping, log });
}

/** Each part is a call of its own, so that Cloud Run gives it an instance of its own. */
function sweepByCall(access: KeeperAccess): SweepPart {
  return async (shards, { signal }) =>
    sweptPartSchema.parse(await callKeeper(access, { job: "sweep", shards, signal }));
}

async function createPorts(env: KeeperEnv): Promise<KeeperPorts> {
  const { projectId, dataset, endpoints, buckets, topics, policy, settleMs } = env;
  const store = (role: keyof typeof buckets) =>
    traced(role, gcsObjectStore({ bucket: buckets[role], endpoint: endpoints.storage }));
  const client = createBigQueryClient({ projectId, endpoint: endpoints.bigquery });
  const pubsub = { projectId, endpoint: endpoints.pubsub };
  const rows = new BigQueryRows(client, { dataset, periodMs: policy.periodMs, settleMs });
  return {
    raw: store("raw"),
    processed: store("processed"),
    erasures: store("erasures"),
    certificates: store("certificates"),
    notes: store("processed"),
    config: store("config"),
    rows: traced("rows", rows),
    platform: traced("platform", platformSettings({ ...env, buckets: { ...env.buckets } })),
    purges: traced("purges", pubsubPurges(pubsub, topics.certificates)),
    events: traced("events", pubsubEvents(pubsub, topics.events, buckets)),
    queues: traced(
      "queues",
      monitoringQueues({
        projectId,
        subscriptions: env.eventSubscriptions,
        endpoint: endpoints.monitoring,
      }),
    ),
    hashing: webHashing,
    sign: await openSigningKey(env.certificateKey),
    clock: Date,
    random: (count) => crypto.getRandomValues(new Uint8Array(count)),
    policy,
    pseudonymKey: env.pseudonymKey,
    pseudonymKeys: await parsePseudonymKeys(env.pseudonymKeys),
  };
}

await main();
