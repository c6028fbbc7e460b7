import process from "node:process";
import { AppError } from "@tintype/core/errors";
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
import { DayQuotas } from "../delivery/day_quotas.ts";
import type { RecordSource } from "../ports.ts";
import { awaitTenants } from "./await_tenants.ts";
import { TopicFollower } from "./follow_topics.ts";
import { startHealthServer } from "./health_server.ts";
import { createMetrics } from "./metrics.ts";
import { ReadinessBlockers } from "./readiness_blockers.ts";
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
  const { bridge, registry, readiness, tenants } = createBridge(adapters, options);
  const stopping = new AbortController();
  const joined: { source?: RecordSource | undefined; stopWatch?: () => Promise<void> } = {};
  let isRefused = false;
  const stopReading = async () => {
    await Promise.all([joined.source?.stop(), joined.stopWatch?.()]);
  };
  const server = await startHealthServer({
    host: env.HOST,
    port: env.PORT,
    registry,
    notReady: () =>
      joined.source?.isMember() || isRefused
        ? readiness.current.join(", ") || undefined
        : "not in the group",
  });
  onDrain(async () => {
    stopping.abort();
    await bridge.drain();
    await stopReading();
    await Promise.all([deadLetters.close(), adapters.committed.close()]);
    server.close();
  });
  void awaitTenants(env.KAFKA_TOPICS, {
    ...{ tenants, readiness, log, stopping: stopping.signal },
    everyMs: LOOK_FOR_TENANTS_MS,
  });
  const seen = await adapters.waitForTopics((error) =>
    log.warn("waiting_for_kafka", { text: wordsOfError(error) })
  );
  await deadLetters.connect();
  const collectBuffers = bufferCollector(BUFFERS_OF_BUDGET * env.BUDGET_MIB * MIB);
  const openSource = (topics: readonly string[]) =>
    adapters.openSource({
      topics,
      groupId: env.KAFKA_GROUP,
      maxBytes: env.BUDGET_MIB * MIB / 8,
      maxBytesPerPartition: env.BUDGET_MIB * MIB / 16,
      sessionTimeoutMs: env.KAFKA_SESSION_TIMEOUT_MS,
      metadataMaxAgeMs: env.KAFKA_TOPICS_EVERY_MS,
      onRebalancing: () => {
        log.info("rebalancing");
        bridge.commit();
      },
      onRestart: (error) => log.warn("consumer_restarting", { text: wordsOfError(error) }),
      onCrash,
    });
  const openWatch = (topics: readonly string[]) =>
    adapters.watchTopicEnds({
      topics,
      everyMs: env.KAFKA_WATCH_EVERY_MS,
      onEnd: (topic, partition, end) => bridge.reachesTo(topic, partition, end),
      onGone: (topic) => onCrash(new Error(`Cannot go on as Kafka has no topic ${topic} any more`)),
      onLost: (error) => log.warn("kafka_lost", { text: wordsOfError(error) }),
      onBack: () => log.info("kafka_back"),
    });
  const follower = new TopicFollower({
    ...{ tenants, readiness, log, clock: Date, observations: adapters.observations },
    ...{ cluster: env.KAFKA_CLUSTER, brokers: env.KAFKA_BROKERS, look: adapters.lookAtTopics },
    // A consumer keeps what it subscribed to: others are read by a new one.
    read: async (topics) => {
      if (stopping.signal.aborted) return;
      bridge.commit();
      await stopReading();
      isRefused = topics.length === 0;
      adapters.committed.topics = topics;
      joined.source = isRefused ? undefined : openSource(topics);
      await joined.source?.run((fetched) => {
        collectBuffers();
        bridge.take(fetched);
      });
      joined.stopWatch = openWatch(topics);
      log.info("reading_topics", { topics: topics.join(",") });
    },
  });
  const refused = await follower.follow(seen);
  if (joined.source === undefined && !stopping.signal.aborted) {
    const advice = refused.map(({ advice }) => advice).join("; ");
    throw new AppError("invalid_config", `No topic may be read: ${advice}`);
  }
  log.info("listening", { url: `http://localhost:${server.port}` });
  void follower.keepFollowing(env.KAFKA_TOPICS_EVERY_MS, stopping.signal);
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
  return { bridge, registry: metrics.registry, readiness, tenants };
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
