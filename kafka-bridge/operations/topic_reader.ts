import type { Log } from "@tintype/core/ports/log";
import { bufferCollector } from "../adapters/buffer_collector.ts";
import type { BridgeAdapters } from "../adapters/open_adapters.ts";
import type { BridgeEnv } from "../config/env.ts";
import type { Bridge } from "../delivery/bridge.ts";
import type { RecordSource } from "../ports.ts";
import type { BridgeMetrics } from "./metrics.ts";
import { wordsOfError } from "./words_of_error.ts";

/** Whose topics are read, and who hears of it. */
interface TopicReaderOptions {
  readonly adapters: BridgeAdapters;
  readonly bridge: Bridge;
  readonly metrics: BridgeMetrics;
  readonly env: BridgeEnv;
  readonly log: Log;
  /** Called when the consumer ended for good. */
  readonly onCrash: (error: Error) => void;
}

const MIB = 1024 * 1024;
/** Buffers that may be there, dead ones too, for each byte of the budget. */
const BUFFERS_OF_BUDGET = 3;

/** The group's member: hands what it fetches to the bridge. A consumer keeps what it subscribed to: others are read by a new one. */
export class TopicReader {
  readonly #options: TopicReaderOptions;
  readonly #collectBuffers: () => void;
  #source: RecordSource | undefined;
  #stopWatch: (() => Promise<void>) | undefined;
  #isKafkaLost = false;
  #isRefused = false;

  constructor(options: TopicReaderOptions) {
    this.#options = options;
    this.#collectBuffers = bufferCollector(BUFFERS_OF_BUDGET * options.env.BUDGET_MIB * MIB);
  }

  /** Whether topics are read, and Kafka answers. */
  get isReading(): boolean {
    return this.#source !== undefined && !this.#isKafkaLost;
  }

  /** Whether no topic may be read. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** Whether the group has heard of it within the session timeout. */
  get isMember(): boolean {
    return this.#source?.isMember() ?? false;
  }

  /** Reads these topics from now on, and no others; resolves when it has joined the group. */
  async read(topics: readonly string[]): Promise<void> {
    const { adapters, bridge, log } = this.#options;
    bridge.commit();
    await this.stop();
    this.#isKafkaLost = false;
    this.#isRefused = topics.length === 0;
    adapters.committed.topics = topics;
    this.#source = this.#isRefused ? undefined : this.#openSource(topics);
    await this.#source?.run((fetched) => {
      this.#collectBuffers();
      bridge.take(fetched);
    });
    this.#stopWatch = this.#openWatch(topics);
    log.info("reading_topics", { topics: topics.join(",") });
  }

  /** Leaves the group. */
  async stop(): Promise<void> {
    await Promise.all([this.#source?.stop(), this.#stopWatch?.()]);
  }

  #openSource(topics: readonly string[]): RecordSource {
    const { adapters, bridge, metrics, env, log, onCrash } = this.#options;
    return adapters.openSource({
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
      onOutOfRange: ({ kind, topic, partition, offset, start, end }) => {
        const place = { topic, partition, from: String(offset), to: String(start) };
        if (kind === "records_lost") metrics.recordsLost.inc({ topic }, Number(start - offset));
        log.error(kind, { ...place, end: String(end) });
      },
      onRestart: (error) => log.warn("consumer_restarting", { text: wordsOfError(error) }),
      onCrash,
    });
  }

  #openWatch(topics: readonly string[]): () => Promise<void> {
    const { adapters, bridge, env, log, onCrash } = this.#options;
    return adapters.watchTopicEnds({
      topics,
      everyMs: env.KAFKA_WATCH_EVERY_MS,
      onEnd: (topic, partition, end) => bridge.reachesTo(topic, partition, end),
      onGone: (topic) => onCrash(new Error(`Cannot go on as Kafka has no topic ${topic} any more`)),
      onLost: (error) => {
        this.#isKafkaLost = true;
        log.warn("kafka_lost", { text: wordsOfError(error) });
      },
      onBack: () => {
        this.#isKafkaLost = false;
        log.info("kafka_back");
      },
    });
  }
}
