import process from "node:process";
import { cachedDaySalts } from "@tintype/core/configuration/cached_day_salts";
import { CachedTenants } from "@tintype/core/configuration/cached_tenants";
import { DAYS_FILE } from "@tintype/core/model/day_salts";
import type { Log } from "@tintype/core/ports/log";
import { bufferCollector } from "../adapters/buffer_collector.ts";
import type { BridgeAdapters } from "../adapters/open_adapters.ts";
import { webHashing } from "../adapters/web_hashing.ts";
import type { BridgeEnv } from "../config/env.ts";
import { Bridge } from "../delivery/bridge.ts";
import { ByteBudget } from "../delivery/byte_budget.ts";
import { Circuit } from "../delivery/circuit.ts";
import type { RecordSource } from "../ports.ts";
import { awaitTenants } from "./await_tenants.ts";
import { startHealthServer } from "./health_server.ts";
import { createMetrics } from "./metrics.ts";
import { ReadinessBlockers } from "./readiness_blockers.ts";
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
/** Buffers that may be there, dead ones too, for each byte of the budget. */
const BUFFERS_OF_BUDGET = 3;
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
  const { bridge, metrics, readiness, tenants } = createBridge(adapters, options);
  const { registry } = metrics;
  const stopping = new AbortController();
  const joined: { source?: RecordSource; stopWatch?: () => Promise<void> } = {};
  let isKafkaLost = false;
  const progress = watchProgress({
    stallMs: env.STALL_TIMEOUT_MS,
    progress: () => bridge.progress,
    // What has a blocker waits for others: another process would wait for them, too.
    isDue: () =>
      joined.source !== undefined && !isKafkaLost && readiness.isFree &&
      (!joined.source.isMember() || bridge.hasWork),
  });
  const server = await startHealthServer({
    host: env.HOST,
    port: env.PORT,
    registry,
    notReady: () =>
      joined.source?.isMember() ? readiness.current.join(", ") || undefined : "not in the group",
    stalled: progress.stall,
  });
  onDrain(async () => {
    stopping.abort();
    progress.stop();
    await bridge.drain();
    await Promise.all([joined.source?.stop(), joined.stopWatch?.()]);
    await deadLetters.close();
    server.close();
  });
  void awaitTenants(env.KAFKA_TOPICS, {
    ...{ tenants, readiness, log, stopping: stopping.signal },
    everyMs: LOOK_FOR_TENANTS_MS,
  });
  const topics = await adapters.waitForTopics((error) =>
    log.warn("waiting_for_kafka", { text: wordsOfError(error) })
  );
  await deadLetters.connect();
  const source = joined.source = adapters.openSource({
    topics,
    groupId: env.KAFKA_GROUP,
    maxBytes: env.BUDGET_MIB * MIB / 8,
    maxBytesPerPartition: env.BUDGET_MIB * MIB / 16,
    sessionTimeoutMs: env.KAFKA_SESSION_TIMEOUT_MS,
    onRebalancing: () => {
      log.info("rebalancing");
      bridge.commit();
    },
    onOutOfRange: ({ kind, topic, partition, position, start, end }) => {
      const place = { topic, partition, from: String(position), to: String(start) };
      if (kind === "records_lost") metrics.recordsLost.inc({ topic }, Number(start - position));
      log.error(kind, { ...place, end: String(end) });
    },
    onRestart: (error) => log.warn("consumer_restarting", { text: wordsOfError(error) }),
    onCrash,
  });
  const collectBuffers = bufferCollector(BUFFERS_OF_BUDGET * env.BUDGET_MIB * MIB);
  await source.run((fetched) => {
    collectBuffers();
    bridge.take(fetched);
  });
  joined.stopWatch = adapters.watchTopicEnds({
    topics,
    everyMs: env.KAFKA_WATCH_EVERY_MS,
    onEnd: (topic, partition, end) => bridge.reachesTo(topic, partition, end),
    onGone: (topic) => onCrash(new Error(`Cannot go on as Kafka has no topic ${topic} any more`)),
    onLost: (error) => {
      isKafkaLost = true;
      log.warn("kafka_lost", { text: wordsOfError(error) });
    },
    onBack: () => {
      isKafkaLost = false;
      log.info("kafka_back");
    },
  });
  log.info("listening", { url: `http://localhost:${server.port}`, topics: topics.join(",") });
}

function createBridge(adapters: BridgeAdapters, { env, log }: RunOptions) {
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
  });
  const bridge: Bridge = new Bridge({
    ...{ creator, deadLetters, records, tenants },
    salts: cachedDaySalts(configuration),
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
