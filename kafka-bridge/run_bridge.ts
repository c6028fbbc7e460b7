import process from "node:process";
import { importPseudonymKey } from "@tintype/core/model/owner";
import type { Log } from "@tintype/core/ports/log";
import { bufferCollector } from "./adapters/buffer_collector.ts";
import { gcsObjectCreator } from "./adapters/gcs_object_creator.ts";
import { kafkajsClient } from "./adapters/kafkajs_client.ts";
import { kafkajsDeadLetters } from "./adapters/kafkajs_dead_letters.ts";
import { kafkajsRecordSource } from "./adapters/kafkajs_record_source.ts";
import { waitForTopics } from "./adapters/wait_for_topics.ts";
import { watchTopicEnds } from "./adapters/watch_topic_ends.ts";
import { Bridge } from "./bridge.ts";
import { ByteBudget } from "./byte_budget.ts";
import { Circuit } from "./circuit.ts";
import type { DeliveryPoint } from "./delivery_point.ts";
import type { BridgeEnv } from "./env.ts";
import { startHealthServer } from "./health_server.ts";
import { createMetrics } from "./metrics.ts";
import { REDRIVE_SUFFIX } from "./origin.ts";
import { DEFAULT_PACE } from "./pace.ts";
import type { DeadLetters, RecordSource } from "./ports.ts";
import { Trouble } from "./trouble.ts";
import { wordsOfError } from "./words_of_error.ts";

/** What runs beside the configuration. */
export interface RunOptions {
  readonly log: Log;
  /** Told of each point that a record passes. */
  readonly passing?: (point: DeliveryPoint) => void;
  /** Called when the consumer ended for good. */
  readonly onCrash: (error: Error) => void;
  /** Called as soon as there is something to end. */
  readonly onDrain: (drain: () => Promise<void>) => void;
}

const CLIENT_ID = "tintype-bridge";
const MIB = 1024 * 1024;
/** Buffers that may be there, dead ones too, for each byte of the budget. */
const BUFFERS_OF_BUDGET = 3;
const UPLOAD_TIMEOUT_MS = 60_000;
const CIRCUIT = { failuresToOpen: 5, minProbeMs: 500, maxProbeMs: 15_000 } as const;

/** Starts the bridge: opens the adapters, waits for Kafka, joins the group. Throws Error where it cannot. */
export async function runBridge(env: BridgeEnv, options: RunOptions): Promise<void> {
  const { log, onCrash, onDrain } = options;
  const kafka = kafkajsClient(env, { clientId: CLIENT_ID });
  const deadLetters = kafkajsDeadLetters(kafka, { topic: env.KAFKA_DEAD_LETTER_TOPIC });
  const { bridge, registry, obstacles } = await openBridge(env, deadLetters, options);
  const joined: { source?: RecordSource; stopWatch?: () => Promise<void> } = {};
  const server = await startHealthServer({
    host: env.HOST,
    port: env.PORT,
    registry,
    notReady: () => joined.source?.isMember() ? obstacles() || undefined : "not in the group",
  });
  onDrain(async () => {
    await bridge.drain();
    await Promise.all([joined.source?.stop(), joined.stopWatch?.()]);
    await deadLetters.close();
    server.close();
  });
  // Asks each broker of the list once, as each look begins with the first: the looks themselves are repeated.
  const oneLook = {
    initialRetryTime: 100,
    maxRetryTime: 500,
    retries: env.KAFKA_BROKERS.length - 1,
  };
  const impatient = kafkajsClient(env, { clientId: CLIENT_ID, retry: oneLook });
  const topics = await waitForTopics(impatient, {
    topics: env.KAFKA_TOPICS,
    optionalTopics: env.KAFKA_TOPICS.map((topic) => topic + REDRIVE_SUFFIX),
    deadLetterTopic: env.KAFKA_DEAD_LETTER_TOPIC,
    timeoutMs: env.KAFKA_START_TIMEOUT_MS,
    onWaiting: (error) => log.warn("waiting_for_kafka", { text: wordsOfError(error) }),
  });
  await deadLetters.connect();
  const source = joined.source = kafkajsRecordSource(kafka, {
    topics,
    groupId: env.KAFKA_GROUP,
    maxBytes: env.BUDGET_MIB * MIB / 8,
    maxBytesPerPartition: env.BUDGET_MIB * MIB / 16,
    sessionTimeoutMs: env.KAFKA_SESSION_TIMEOUT_MS,
    onRebalancing: () => {
      log.info("rebalancing");
      options.passing?.("rebalancing");
      bridge.commit();
    },
    onRestart: (error) => log.warn("consumer_restarting", { text: wordsOfError(error) }),
    onCrash,
  });
  const collectBuffers = bufferCollector(BUFFERS_OF_BUDGET * env.BUDGET_MIB * MIB);
  await source.run((fetched) => {
    collectBuffers();
    bridge.take(fetched);
  });
  joined.stopWatch = watchTopicEnds(impatient, {
    topics,
    everyMs: env.KAFKA_WATCH_EVERY_MS,
    onEnd: (topic, partition, end) => bridge.reachesTo(topic, partition, end),
    onGone: (topic) => onCrash(new Error(`Cannot go on as Kafka has no topic ${topic} any more`)),
    onLost: (error) => log.warn("kafka_lost", { text: wordsOfError(error) }),
    onBack: () => log.info("kafka_back"),
  });
  log.info("listening", { url: `http://localhost:${server.port}`, topics: topics.join(",") });
}

async function openBridge(
  env: BridgeEnv,
  deadLetters: DeadLetters,
  { log, passing }: RunOptions,
) {
  const budget = new ByteBudget(env.BUDGET_MIB * MIB);
  const trouble = new Trouble(log);
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
    creator: gcsObjectCreator({
      bucket: env.RAW_BUCKET,
      endpoint: env.STORAGE_ENDPOINT,
      timeoutMs: UPLOAD_TIMEOUT_MS,
    }),
    plans: env.plans,
    policy: env.policy,
    clock: { now: () => Date.now() },
    pseudonymKey: await importPseudonymKey(env.PSEUDONYM_KEYS[0]),
    cluster: env.KAFKA_CLUSTER,
    recordsAtOnce: env.UPLOADS_PER_PARTITION,
    pace: { ...DEFAULT_PACE, chunkSilenceMs: env.CHUNK_SILENCE_MS },
    ...(passing === undefined ? {} : { passing }),
    deadLetters,
    budget,
    circuit,
    metrics,
    trouble,
    log,
  });
  return { bridge, registry: metrics.registry, obstacles: () => trouble.obstacles.join(", ") };
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
