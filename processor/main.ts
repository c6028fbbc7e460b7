/**
 * The processor's composition root: environment, adapters, app, server; on SIGTERM it stops accepting, lets what is
 * under way end, and ends. A walk through a delivery begins in `app` and goes on through `push` to the use case.
 */
import { jsonLog } from "@tintype/core/json_log";
import { isAppError } from "@tintype/core/errors";
import type { Log } from "@tintype/core/ports/log";
import type { ProcessImagePorts } from "@tintype/core/processing/process_ports";
import { PURGES_RETENTION_MS } from "@tintype/core/retention/bounds";
import type { SweepPorts } from "@tintype/core/retention/sweep_expired";
import { createBigQueryClient } from "./adapters/bigquery_client.ts";
import { BigQueryRowColumns } from "./adapters/bigquery_row_columns.ts";
import { BigQueryRowSink } from "./adapters/bigquery_row_sink.ts";
import { gcsObjectStore } from "./adapters/gcs_object_store.ts";
import { createOidcVerifier } from "./adapters/oidc_verifier.ts";
import { webHashing } from "./adapters/web_hashing.ts";
import { createApp } from "./app.ts";
import { requireColumns } from "./columns/require_columns.ts";
import { DeliveryQueue } from "./delivery_queue.ts";
import { describeError } from "./describe_error.ts";
import { ENV_NAMES, type ProcessorEnv, readEnv } from "./env.ts";
import packageJson from "./package.json" with { type: "json" };
import { denoCacheOf } from "./pixels/deno_cache.ts";
import { type PixelPool, startPixelPool } from "./pixels/pixel_pool.ts";
import { shutDownOnSignal } from "./shut_down.ts";
import { createMetrics } from "./telemetry/metrics.ts";
import { traced } from "./telemetry/traced.ts";

const PART = "processor";
/** Deliveries under way for each pixel process: one is in its pixels while the others wait for the network. */
const DELIVERIES_PER_PROCESS = 3;
const QUEUE = { maxWaiting: 256, maxWaitMs: 90_000 } as const;
/** What the warehouse may take to tell its columns. */
const COLUMNS_MS = 10_000;

async function main(): Promise<void> {
  const log = jsonLog({ part: PART, write: console.log });
  const env = readEnvOrExit();
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    log.error("crashed", describeError(event.reason));
    Deno.exit(1);
  });
  const pixels = await startPixels(env, log);
  await checkColumns(env, pixels, log);
  const queue = new DeliveryQueue({
    maxRunning: DELIVERIES_PER_PROCESS * env.pixelProcesses,
    ...QUEUE,
  });
  const stopping = new AbortController();
  const app = createApp({
    ...env,
    ports: createPorts(env, pixels),
    log,
    metrics: createMetrics(() => queue.size),
    queue,
    verify: createOidcVerifier(env.oidcKeysUrl),
    rawBucket: env.buckets.raw,
    // It listens only once the pixel processes are warm.
    isReady: () => !stopping.signal.aborted,
    signal: stopping.signal,
  });
  const onListen = ({ port }: Deno.NetAddr) =>
    log.info("listening", { url: `http://localhost:${port}` });
  const { hostname, port } = env;
  const server = Deno.serve({ hostname, port, onListen }, app.fetch);
  shutDownOnSignal({ server, pixels, queue, stopping, log });
}

function createPorts(env: ProcessorEnv, pixels: PixelPool): ProcessImagePorts & SweepPorts {
  const { projectId, dataset, endpoints, buckets, revision } = env;
  const store = (role: keyof typeof buckets) =>
    traced(role, gcsObjectStore({ bucket: buckets[role], endpoint: endpoints.storage }));
  const client = createBigQueryClient({ projectId, endpoint: endpoints.bigquery });
  const rows = new BigQueryRowSink(client, { dataset, purgesRetentionMs: PURGES_RETENTION_MS });
  return {
    raw: store("raw"),
    processed: store("processed"),
    certificates: store("certificates"),
    rows: traced("rows", rows),
    pixels: traced("pixels", pixels),
    hashing: webHashing,
    plans: env.plans,
    policy: env.policy,
    clock: Date,
    processorVersion: [packageJson.version, revision].filter(Boolean).join("+"),
  };
}

async function startPixels(env: ProcessorEnv, log: Log): Promise<PixelPool> {
  const { pixelProcesses: processes, codec, pipeline } = env;
  try {
    const denoCache = denoCacheOf(Deno.env);
    return await startPixelPool({ processes, codec, pipeline, log, denoCache });
  } catch (error) {
    console.error(`Cannot start the processor as its pixel processes do not start: ${error}`);
    Deno.exit(1);
  }
}

/** A pipeline whose columns the warehouse lacks must not start; a warehouse that does not answer is no reason to wait. */
async function checkColumns(
  { projectId, dataset, endpoints }: ProcessorEnv,
  pixels: PixelPool,
  log: Log,
): Promise<void> {
  const client = createBigQueryClient({ projectId, endpoint: endpoints.bigquery });
  const signal = AbortSignal.timeout(COLUMNS_MS);
  try {
    await requireColumns(new BigQueryRowColumns(client, { dataset }), pixels.columns, { signal });
  } catch (error) {
    if (!isAppError(error, "invalid_config")) {
      return log.warn("columns_not_checked", describeError(error));
    }
    console.error(error.publicMessage);
    await pixels.close();
    Deno.exit(1);
  }
}

function readEnvOrExit(): ProcessorEnv {
  try {
    return readEnv(Object.fromEntries(ENV_NAMES.map((name) => [name, Deno.env.get(name)])));
  } catch (error) {
    if (!isAppError(error)) throw error;
    console.error(error.publicMessage);
    Deno.exit(1);
  }
}

await main();
