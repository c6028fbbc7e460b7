import type { Consumer, EachBatchPayload, Kafka } from "kafkajs";
import type { FetchHandler, PartitionFetch, PartitionLease, RecordSource } from "../ports.ts";
import type { FetchedMessage } from "./fetch/fetch_response.ts";
import { findStart, type OutOfRange } from "./find_start.ts";
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
  /** Called when a partition does not hold the offset at which it was to be read, and is read on from another one. */
  readonly onOutOfRange: (found: OutOfRange) => void;
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
        if (!payload.isRunning() || payload.isStale()) return;
        const batch = readBatch(payload);
        if (batch.isOutOfRange) return await moveInRange(payload, batch.from);
        const { isOutOfRange: _no, ...fetched } = batch;
        const lease = leases.leaseOf(payload, batch);
        if (batch.undecodable === undefined) payload.resolveOffset(String(batch.next - 1n));
        handler({ lease, ...fetched });
      },
    });
  };
  /** The library would begin at the start again, too, and say so in its log alone. */
  const moveInRange = async (payload: EachBatchPayload, offset: bigint) => {
    const { batch: { topic, partition }, commitOffsetsIfNecessary } = payload;
    const found = await findStart(kafka, options.groupId, { topic, partition, offset });
    if (found.kind !== "in_range") {
      options.onOutOfRange(found);
      // At once: a new topic may have grown beyond the position before its first record is durable.
      const partitions = [{ partition, offset: String(found.start), metadata: found.metadata }];
      await commitOffsetsIfNecessary({ topics: [{ topic, partitions }] });
    }
    consumer.seek({ topic, partition, offset: String(found.start) });
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

type BatchRead = Omit<PartitionFetch, "lease"> & { readonly isOutOfRange: boolean };

/** What a batch of the library holds. */
function readBatch({ batch }: EachBatchPayload): BatchRead {
  const { topic, partition, highWatermark } = batch;
  const messages: readonly FetchedMessage[] = batch.messages;
  const { fetchedOffset } = batch as unknown as { readonly fetchedOffset: string }; // which the types leave out
  const from = BigInt(fetchedOffset);
  const hole = messages.at(-1)?.hole;
  const isPlain = hole === undefined || hole.kind === "passed";
  return {
    from,
    records: messages.filter((message) => message.hole === undefined)
      .map((message) => recordOfMessage(message, { topic, partition })),
    next: isPlain ? BigInt(batch.lastOffset()) + 1n : from,
    highWatermark: BigInt(highWatermark),
    undecodable: hole?.kind === "undecodable" ? hole.batch : undefined,
    isOutOfRange: hole?.kind === "out_of_range",
  };
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
  leaseOf(payload: EachBatchPayload, { from, next }: BatchRead): PartitionLease {
    const { batch: { topic, partition } } = payload;
    const key = `${topic}/${partition}`;
    if (from < (this.#nextOffsets.get(key) ?? 0n)) this.#end(key);
    this.#nextOffsets.set(key, next);
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
