import type { Consumer, EachBatchPayload, Kafka } from "kafkajs";
import type { FetchHandler, PartitionFetch, PartitionLease, RecordSource } from "../ports.ts";
import { keepConsuming } from "./keep_consuming.ts";
import { recordOfMessage } from "./record_of_message.ts";
import { watchMembership } from "./watch_membership.ts";

/** What to consume, and in which portions. */
export interface RecordSourceOptions {
  readonly topics: readonly string[];
  readonly groupId: string;
  /** Largest fetch of one partition and of all together, in bytes; a larger record still comes, alone. */
  readonly maxBytesPerPartition: number;
  readonly maxBytes: number;
  readonly sessionTimeoutMs: number;
  /** How often to look for new partitions. */
  readonly metadataMaxAgeMs: number;
  /** Called when the group begins to move on: what is durable can still be committed for a moment. */
  readonly onRebalancing: () => void;
  /** Called when the consumer failed and is started again. */
  readonly onRestart: (error: Error) => void;
  /** Called when the consumer ended for good. */
  readonly onCrash: (error: Error) => void;
}

/** Longest wait of a fetch for records, and the pause of a consumer that may fetch nothing: it must be short. */
const MAX_WAIT_MS = 100;
/** The handler returns at once: more would only share one turn of the loop. */
const PARTITIONS_AT_ONCE = 1;

/**
 * A group member by kafkajs. The library's position runs ahead of what is durable, in memory only, and nothing is
 * committed by it: a new generation of the group reads from the last commit of `PartitionLease.commit`.
 * Topics are read from their beginning where the group has no offset, and never created.
 */
export function kafkajsRecordSource(kafka: Kafka, options: RecordSourceOptions): RecordSource {
  const { sessionTimeoutMs } = options;
  const consumer = kafka.consumer({
    groupId: options.groupId,
    sessionTimeout: sessionTimeoutMs,
    heartbeatInterval: Math.floor(sessionTimeoutMs / 6),
    maxWaitTimeInMs: MAX_WAIT_MS,
    maxBytesPerPartition: options.maxBytesPerPartition,
    maxBytes: options.maxBytes,
    allowAutoTopicCreation: false,
    metadataMaxAge: options.metadataMaxAgeMs,
    // `keepConsuming()` starts it again: the library takes some failures that pass for final.
    retry: { restartOnFailure: () => Promise.resolve(false) },
  });
  const leases = new Leases(consumer);
  const membership = watchMembership(consumer, { ...options, onMoved: () => leases.endAll() });
  const start = async (handler: FetchHandler) => {
    await consumer.connect();
    await consumer.subscribe({ topics: [...options.topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
      eachBatch: async (payload) => {
        const fetched = fetchOf(payload, leases);
        if (fetched !== undefined) handler(fetched);
      },
    });
  };
  let stopKeeping = () => {};
  return {
    isMember: membership.isMember,
    async run(handler) {
      stopKeeping = keepConsuming(consumer, { ...options, start: () => start(handler) });
      await membership.joined;
    },
    async stop() {
      stopKeeping();
      await consumer.stop();
      await consumer.disconnect();
    },
  };
}

/** A batch as a fetch under its partition's lease; undefined where it is empty or of a former generation. */
function fetchOf(payload: EachBatchPayload, leases: Leases): PartitionFetch | undefined {
  const { batch: { topic, partition, messages, highWatermark } } = payload;
  const last = messages.at(-1);
  if (last === undefined || !payload.isRunning() || payload.isStale()) return undefined;
  const records = messages.map((message) => recordOfMessage(message, { topic, partition }));
  const lease = leases.leaseOf(payload, records[0]?.offset ?? 0n);
  payload.resolveOffset(last.offset);
  return { lease, records, highWatermark: BigInt(highWatermark) };
}

/** The leases of one generation of the group. */
class Leases {
  readonly #consumer: Consumer;
  readonly #held = new Map<string, { readonly lease: PartitionLease; readonly end: () => void }>();
  readonly #nextOffsets = new Map<string, bigint>();
  readonly #paused = new Map<string, { topic: string; partitions: number[] }>();

  constructor(consumer: Consumer) {
    this.#consumer = consumer;
  }

  /** The partition's lease; a new one where its offsets began again, as of a topic that was made anew. */
  leaseOf(payload: EachBatchPayload, firstOffset: bigint): PartitionLease {
    const { batch: { topic, partition } } = payload;
    const key = `${topic}/${partition}`;
    if (firstOffset < (this.#nextOffsets.get(key) ?? 0n)) this.#end(key);
    this.#nextOffsets.set(key, BigInt(payload.batch.lastOffset()) + 1n);
    const held = this.#held.get(key);
    if (held !== undefined) return held.lease;
    const opened = this.#open(payload, key);
    this.#held.set(key, opened);
    return opened.lease;
  }

  /** Another generation begins, or none: nothing of this one may be committed any more. */
  endAll(): void {
    for (const key of [...this.#held.keys()]) this.#end(key);
    this.#nextOffsets.clear();
  }

  #open({ batch: { topic, partition }, commitOffsetsIfNecessary }: EachBatchPayload, key: string) {
    const ended = new AbortController();
    const place = { topic, partitions: [partition] };
    const lease: PartitionLease = {
      topic,
      partition,
      ended: ended.signal,
      pause: () => {
        this.#paused.set(key, place);
        this.#consumer.pause([place]);
      },
      resume: () => this.#resume(key),
      // The consumer's own commitOffsets() does nothing once it is stopping, and repeats what the group refuses.
      commit: async (next, metadata) => {
        if (ended.signal.aborted) throw new Error("Cannot commit as the group has moved on");
        const partitions = [{ partition, offset: String(next), metadata }];
        await commitOffsetsIfNecessary({ topics: [{ topic, partitions }] });
      },
      restart: (from) => {
        if (ended.signal.aborted) return;
        this.#consumer.seek({ topic, partition, offset: String(from) });
        this.#end(key);
        this.#nextOffsets.delete(key);
      },
    };
    return { lease, end: () => ended.abort() };
  }

  #end(key: string): void {
    this.#held.get(key)?.end();
    this.#held.delete(key);
    this.#resume(key);
  }

  /** The library keeps what is paused over generations. */
  #resume(key: string): void {
    const place = this.#paused.get(key);
    this.#paused.delete(key);
    if (place === undefined) return;
    try {
      this.#consumer.resume([place]);
    } catch {
      // A consumer that has ended holds nothing that could be resumed.
    }
  }
}
