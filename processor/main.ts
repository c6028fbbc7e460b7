/**
 * The processor's composition root: environment, adapters, app, server; on SIGTERM it stops accepting, lets what is
 * under way end, and ends. A delivery goes from `app` through `push` to the use case.
 */
import { cachedDaySalts, contentKeysOf } from "@tintype/core/configuration/cached_day_salts";
import { CachedTenants } from "@tintype/core/configuration/cached_tenants";
import { deliveryShareOf, MAX_WAIT_MS } from "@tintype/core/fairness/delivery_share";
import { jsonLog } from "@tintype/core/json_log";
import type { Log } from "@tintype/core/ports/log";
import type { ProcessImagePorts } from "@tintype/core/processing/process_ports";
import { gcsObjectStore } from "./adapters/gcs_object_store.ts";
import { createOidcVerifier } from "./adapters/oidc_verifier.ts";
import { type PubSubOptions, pubsubRecords, pubsubSlowLanes } from "./adapters/pubsub_publisher.ts";
import { webHashing } from "./adapters/web_hashing.ts";
import { createApp } from "./app.ts";
import { describeError } from "./describe_error.ts";
import { PROCESSOR_VARS, type ProcessorEnv, readEnv } from "./env.ts";
import { FairQueue } from "./fair_queue.ts";
import packageJson from "./package.json" with { type: "json" };
import { denoCacheOf } from "./pixels/deno_cache.ts";
import { PixelProgress } from "./pixel_progress.ts";
import { type PixelPool, startPixelPool } from "./pixels/pixel_pool.ts";
import { exitOnCrash, readEnvOrExit, serveUntilSignal } from "./server_process.ts";
import { createMetrics } from "./telemetry/metrics.ts";
import { traced } from "./telemetry/traced.ts";

async function main(): Promise<void> {
  const log = jsonLog({ part: "processor", write: console.log });
  const env = readEnvOrExit(readEnv, PROCESSOR_VARS, Deno.env);
  exitOnCrash(log);
  const pixels = await startPixels(env, log);
  const progress = new PixelProgress((tenant) => pixels.renderingOf(tenant));
  const queue = new FairQueue({
    ...deliveryShareOf(env),
    clock: Date,
    busyOf: (tenant) => progress.busyOf(tenant),
    maxWaitMs: MAX_WAIT_MS,
  });
  const stopping = new AbortController();
  const app = createApp({
    ...env,
    ports: createPorts(env, pixels, log),
    log,
    metrics: createMetrics(() => queue.size),
    queue,
    progress,
    lanes: pubsubSlowLanes(pubsubOf(env), env.slowTopics),
    verify: createOidcVerifier(env.oidcKeysUrl),
    // It listens only once the pixel processes are warm.
    isReady: () => !stopping.signal.aborted,
    signal: stopping.signal,
  });
  serveUntilSignal(env, app, { pixels, queue, stopping, log });
}

function createPorts(env: ProcessorEnv, pixels: PixelPool, log: Log): ProcessImagePorts {
  const { endpoints, buckets, revision } = env;
  const store = (role: keyof typeof buckets) =>
    traced(role, gcsObjectStore({ bucket: buckets[role], endpoint: endpoints.storage }));
  const configuration = {
    config: store("config"),
    clock: Date,
    onProblem: (error: unknown, file = "days.json") =>
      log.error("configuration_invalid", { file, ...describeError(error) }),
  };
  return {
    raw: store("raw"),
    processed: store("processed"),
    erasures: store("erasures"),
    records: traced("records", pubsubRecords(pubsubOf(env), env.recordsTopic)),
    contentKeys: contentKeysOf(cachedDaySalts(configuration)),
    pixels: traced("pixels", pixels),
    hashing: webHashing,
    plans: new CachedTenants(configuration),
    policy: env.policy,
    clock: Date,
    processorVersion: [packageJson.version, revision].filter(Boolean).join("+"),
    pipeline: pixels.pipeline,
  };
}

function pubsubOf({ projectId, endpoints }: ProcessorEnv): PubSubOptions {
  return { projectId, endpoint: endpoints.pubsub };
}

async function startPixels(env: ProcessorEnv, log: Log): Promise<PixelPool> {
  const { pixelProcesses: processes, codec, pipeline } = env;
  try {
    const denoCache = denoCacheOf(Deno.env);
    // Emulators hold no one's images.
    const mustBeHeld = env.endpoints.storage === undefined;
    return await startPixelPool({ processes, codec, pipeline, log, denoCache, mustBeHeld });
  } catch (error) {
    console.error(`Cannot start the processor as its pixel processes do not start: ${error}`);
    Deno.exit(1);
  }
}

await main();
