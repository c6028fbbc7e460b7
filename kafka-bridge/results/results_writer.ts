/**
 * The results: the records of images that came through Kafka are pulled from their subscription, written to the results of
 * their topic where its configuration asks for it, and acknowledged once Kafka has them. What cannot be written now is not
 * acknowledged, and comes again.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "@tintype/core/ports/log";
import type { TenantTopics } from "@tintype/core/ports/tenants";
import type { PulledMessage } from "@tintype/pubsub/pull";
import { type RetryPorts, retryUntilDone } from "../delivery/retry_until_done.ts";
import type { ReadinessBlocker } from "../operations/readiness_blockers.ts";
import { wordsOfError } from "../operations/words_of_error.ts";
import type { ImageMessages, KafkaResult, Results } from "../ports.ts";
import { resultOfRecord } from "./result_of_record.ts";

/** What writing results needs. */
interface ResultsPorts extends RetryPorts {
  readonly messages: ImageMessages;
  readonly results: Results;
  readonly tenants: TenantTopics;
  /** Whether a results topic is there, with settings that keep the retention contract. */
  readonly mayWrite: (topic: string) => boolean;
  readonly cluster: string;
  readonly log: Log;
}

/** Records of some kilobytes: a batch stays below a broker's default limit of one mebibyte. */
const MOST_AT_ONCE = 100;

/** Writes results until it is drained. */
export class ResultsWriter {
  readonly #ports: ResultsPorts;
  readonly #stopping = new AbortController();
  #pending: readonly PulledMessage[] = [];
  #rounds = 0;
  #running: Promise<void> = Promise.resolve();

  constructor(ports: ResultsPorts) {
    this.#ports = ports;
  }

  /** Begins to write. */
  start(): void {
    this.#running = this.#run();
  }

  /** Pulls nothing more, and waits until what was pulled is written, or the grace is over. */
  async drain(): Promise<void> {
    this.#stopping.abort();
    const over = new AbortController();
    const grace = sleep(this.#ports.timings.graceMs, undefined, { signal: over.signal });
    await Promise.race([this.#running, grace.catch(() => undefined)]);
    over.abort();
  }

  /** Is another one whenever a round has ended. */
  get progress(): string {
    return String(this.#rounds);
  }

  /** Whether records were pulled that are not written yet. */
  get hasWork(): boolean {
    return this.#pending.length > 0;
  }

  /** When the oldest record was published that was pulled and not written, in milliseconds since the epoch. */
  get oldestPendingMs(): number | undefined {
    const times = this.#pending.map(({ publishTime }) => publishTime.getTime());
    return times.length === 0 ? undefined : Math.min(...times);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (await retryUntilDone(this.#ports, signal, () => this.#round())) this.#rounds++;
  }

  async #round(): Promise<ReadinessBlocker | undefined> {
    const { messages, log } = this.#ports;
    try {
      this.#pending = await messages.pull(MOST_AT_ONCE, this.#stopping.signal);
      this.#pending = await this.#writeAll(this.#pending);
      if (!this.hasWork) return undefined;
    } catch (error) {
      if (this.#stopping.signal.aborted) return undefined;
      log.warn("results_held_up", { text: wordsOfError(error) });
    }
    // Where that fails, too, they come when their deadline is over.
    await messages.release(this.#pending).catch(() => undefined);
    return "results";
  }

  /** Writes and acknowledges; returns those that must come again. */
  async #writeAll(pulled: readonly PulledMessage[]): Promise<readonly PulledMessage[]> {
    const { messages, results, metrics, mayWrite, log } = this.#ports;
    const settled: PulledMessage[] = [];
    const left: PulledMessage[] = [];
    const toWrite: KafkaResult[] = [];
    const unusable = new Set<string>();
    for (const message of pulled) {
      const result = await this.#resultOf(message);
      const isUsable = result === undefined || mayWrite(result.topic);
      (isUsable ? settled : left).push(message);
      if (result === undefined) continue;
      if (isUsable) toWrite.push(result);
      else unusable.add(result.topic);
    }
    if (toWrite.length > 0) await results.send(toWrite);
    metrics.results.inc({ outcome: "written" }, toWrite.length);
    await messages.acknowledge(settled);
    for (const topic of unusable) log.warn("results_topic_unusable", { topic });
    return left;
  }

  /** A message's result; undefined where there is none, as its topic asks for none or it is no record of this cluster. */
  async #resultOf(message: PulledMessage): Promise<KafkaResult | undefined> {
    const { tenants, metrics, cluster, log } = this.#ports;
    const found = await resultOfRecord(message, cluster);
    if (typeof found === "string") {
      metrics.results.inc({ outcome: found });
      const { messageId, attributes: { image_id } } = message;
      log.error("result_refused", { reason: found, messageId, imageId: image_id });
      return undefined;
    }
    const topic = await tenants.topicOf(found.sourceTopic);
    if (topic?.results === true) return found.result;
    metrics.results.inc({ outcome: "unwanted" });
    return undefined;
  }
}
