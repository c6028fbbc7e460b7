import process from "node:process";
import { AppError } from "@tintype/core/errors";
import { cachedDaySalts } from "@tintype/core/configuration/cached_day_salts";
import { CachedTenants } from "@tintype/core/configuration/cached_tenants";
import { DAYS_FILE } from "@tintype/core/model/day_salts";
import type { Log } from "@tintype/core/ports/log";
import type { BridgeAdapters } from "../adapters/open_adapters.ts";
import { webHashing } from "../adapters/web_hashing.ts";
import type { BridgeEnv } from "../config/env.ts";
import { redriveJob } from "../dead_letters/redrive_job.ts";
import { Bridge } from "../delivery/bridge.ts";
import { ByteBudget } from "../delivery/byte_budget.ts";
import { Circuit } from "../delivery/circuit.ts";
import { DayQuotas } from "../delivery/day_quotas.ts";
import { ResultsWriter } from "../results/results_writer.ts";
import { awaitTenants } from "./await_tenants.ts";
import { TopicFollower } from "./follow_topics.ts";
import { startHealthServer } from "./health_server.ts";
import { createMetrics } from "./metrics.ts";
import { ReadinessBlockers } from "./readiness_blockers.ts";
import { TopicReader } from "./topic_reader.ts";
import { watchProgress } from "./watch_progress.ts";
import { wordsOfError } from "./words_of_error.ts";

/** What runs beside the configuration. */
export interface RunOptions {
  readonly env: BridgeEnv;
  readonly log: Log;
  /** Called when the consumer ended for good. */
  readonly onCrash: (error: Error) => void;
  /** Called as soon as there is something to end. */
  readonly onDrain: (drain: () => Promise<void>) => void;
}

const MIB = 1024 * 1024;
/** The grace fits into a drain of 25 s. */
const TIMINGS = {
  commitEveryMs: 1_000,
  minDelayMs: 200,
  maxDelayMs: 10_000,
  graceMs: 15_000,
} as const;
const LOOK_FOR_TENANTS_MS = 5_000;
const CIRCUIT = { failuresToOpen: 5, minProbeMs: 500, maxProbeMs: 15_000 } as const;

/** Starts the bridge: waits for Kafka and joins the group. Throws Error where it cannot. */
export async function runBridge(adapters: BridgeAdapters, options: RunOptions): Promise<void> {
  const { env, log, onCrash, onDrain } = options;
  const { deadLetters } = adapters;
  const oldestResultMs = () => writer?.oldestPendingMs;
  const { bridge, metrics, readiness, tenants } = createBridge(adapters, options, oldestResultMs);
  const stopping = new AbortController();
  const reader = new TopicReader({ adapters, bridge, metrics, env, log, onCrash });
  const progress = watchProgress({
    stallMs: env.STALL_TIMEOUT_MS,
    progress: () => bridge.progress,
    // What has a blocker waits for others: another process would wait for them, too.
    isDue: () => reader.isReading && readiness.isFree && (!reader.isMember || bridge.hasWork),
  });
  const writer = adapters.results && new ResultsWriter({
    ...{ ...adapters.results, metrics, readiness, tenants, log },
    mayWrite: (topic) => follower.mayWriteResults(topic),
    cluster: env.KAFKA_CLUSTER,
    timings: { ...TIMINGS, chunkSilenceMs: env.CHUNK_SILENCE_MS },
  });
  const writing = writer && watchProgress({
    stallMs: env.STALL_TIMEOUT_MS,
    progress: () => writer.progress,
    isDue: () => writer.hasWork && !readiness.current.includes("results"),
  });
  const server = await startHealthServer({
    host: env.HOST,
    port: env.PORT,
    registry: metrics.registry,
    notReady: () =>
      reader.isMember || reader.isRefused
        ? readiness.current.join(", ") || undefined
        : "not in the group",
    stalled: () => progress.stall() ?? writing?.stall(),
    redrive: redriveJob({
      redrive: adapters.redrive,
      topic: env.KAFKA_DEAD_LETTER_TOPIC,
      log,
      stopping: stopping.signal,
    }),
  });
  onDrain(async () => {
    stopping.abort();
    progress.stop();
    writing?.stop();
    await Promise.all([bridge.drain(), writer?.drain()]);
    await reader.stop();
    const closing = [deadLetters.close(), adapters.committed.close()];
    await Promise.all([...closing, adapters.results?.results.close()]);
    server.close();
  });
  void awaitTenants(env.KAFKA_TOPICS, {
    ...{ tenants, readiness, log, stopping: stopping.signal },
    everyMs: LOOK_FOR_TENANTS_MS,
  });
  const seen = await adapters.waitForTopics((error) =>
    log.warn("waiting_for_kafka", { text: wordsOfError(error) })
  );
  await Promise.all([deadLetters.connect(), adapters.results?.results.connect()]);
  const follower = new TopicFollower({
    ...{ tenants, readiness, log, clock: Date, observations: adapters.observations },
    ...{ cluster: env.KAFKA_CLUSTER, brokers: env.KAFKA_BROKERS, look: adapters.lookAtTopics },
    read: async (topics) => {
      if (!stopping.signal.aborted) await reader.read(topics);
    },
  });
  const refused = await follower.follow(seen);
  if (reader.isRefused) {
    const advice = refused.map(({ advice }) => advice).join("; ");
    throw new AppError("invalid_config", `No topic may be read: ${advice}`);
  }
  log.info("listening", { url: `http://localhost:${server.port}` });
  writer?.start();
  void follower.keepFollowing(env.KAFKA_TOPICS_EVERY_MS, stopping.signal);
}

function createBridge(
  adapters: BridgeAdapters,
  { env, log }: RunOptions,
  oldestResultMs: () => number | undefined,
) {
  const { config, creator, deadLetters, records } = adapters;
  const configuration = {
    config,
    clock: Date,
    onProblem: (error: unknown, file: string = DAYS_FILE) =>
      log.error("configuration_invalid", { file, text: wordsOfError(error) }),
  };
  const tenants = new CachedTenants(configuration);
  const budget = new ByteBudget(env.BUDGET_MIB * MIB);
  const readiness = new ReadinessBlockers(log);
  const circuit = new Circuit({
    ...CIRCUIT,
    onChange: (isOpen) => {
      log.warn(isOpen ? "circuit_opened" : "circuit_closed");
      bridge.pauseOrResume();
    },
  });
  const metrics = createMetrics({
    inFlight: () => budget.taken,
    lags: () => bridge.lags(),
    isCircuitOpen: () => circuit.isOpen,
    oldestResultMs,
  });
  const bridge: Bridge = new Bridge({
    ...{ creator, deadLetters, records, tenants },
    salts: cachedDaySalts(configuration),
    quotas: new DayQuotas({
      committed: adapters.committed,
      clock: Date,
      waitMs: TIMINGS.commitEveryMs,
    }),
    pseudonymKeys: env.pseudonymKeys,
    hashing: webHashing,
    policy: env.policy,
    clock: Date,
    cluster: env.KAFKA_CLUSTER,
    recordsAtOnce: env.UPLOADS_PER_PARTITION,
    timings: { ...TIMINGS, chunkSilenceMs: env.CHUNK_SILENCE_MS },
    budget,
    circuit,
    metrics,
    readiness,
    log,
  });
  return { bridge, metrics, readiness, tenants };
}

const DRAIN_MS = 25_000;

/** Ends the process by its exit code: once, by `drain` with 0 on SIGTERM or SIGINT, or with 1 when that takes too long. */
export function endOnSignal(drain: () => Promise<void>, log: Log): void {
  let isEnding = false;
  const end = async () => {
    if (isEnding) return;
    isEnding = true;
    setTimeout(() => fail(log, "drain_cut", new Error("Cannot drain in time")), DRAIN_MS).unref();
    await drain();
    log.info("ended");
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => void end().catch((error) => fail(log, "drain_failed", error)));
  }
}

/** Logs why and ends the process with 1. */
export function fail(log: Log, event: string, error: unknown): never {
  log.error(event, { text: wordsOfError(error) });
  process.exit(1);
}
