import type { Consumer, EachBatchPayload, Kafka } from "kafkajs";
import type { PartitionFetch, RecordSource } from "../ports.ts";
import { recordOfMessage } from "./record_of_message.ts";

/** What to consume, and in which portions. */
export interface RecordSourceOptions {
  readonly topics: readonly string[];
  readonly groupId: string;
  /** Largest fetch of one partition and of all together, in bytes; a larger record still comes, alone. */
  readonly maxBytesPerPartition: number;
  readonly maxBytes: number;
  readonly partitionsAtOnce: number;
  readonly sessionTimeoutMs: number;
  /** Called when the consumer ended for good. */
  readonly onCrash: (error: Error) => void;
}

/** Longest wait of a fetch for records; between fetches an idle consumer sends no heartbeat. */
const MAX_WAIT_MS = 2_000;

/**
 * A group member by kafkajs. Nothing is resolved or committed by the library itself: a record counts when it is durable.
 * Topics are read from their beginning where the group has no offset, and never created.
 */
export function kafkajsRecordSource(kafka: Kafka, options: RecordSourceOptions): RecordSource {
  const { sessionTimeoutMs } = options;
  const consumer = kafka.consumer({
    groupId: options.groupId,
    sessionTimeout: sessionTimeoutMs,
    heartbeatInterval: Math.floor(sessionTimeoutMs / 6),
    maxWaitTimeInMs: Math.min(MAX_WAIT_MS, Math.floor(sessionTimeoutMs / 4)),
    maxBytesPerPartition: options.maxBytesPerPartition,
    maxBytes: options.maxBytes,
    allowAutoTopicCreation: false,
    retry: { retries: Number.MAX_SAFE_INTEGER, maxRetryTime: 5_000, initialRetryTime: 200 },
  });
  const membership = watchMembership(consumer, options);
  return {
    isMember: membership.isMember,
    async run(handler) {
      await consumer.connect();
      await consumer.subscribe({ topics: [...options.topics], fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: options.partitionsAtOnce,
        eachBatch: (payload) => handler(fetchOf(payload, membership.generation)),
      });
      await membership.joined;
    },
    async stop() {
      await consumer.stop();
      await consumer.disconnect();
    },
  };
}

function watchMembership(
  consumer: Consumer,
  { sessionTimeoutMs, onCrash }: RecordSourceOptions,
) {
  const joined = Promise.withResolvers<void>();
  let generation = 0;
  let heardAtMs: number | undefined;
  const hear = () => heardAtMs = performance.now();
  const lose = () => heardAtMs = undefined;
  consumer.on("consumer.group_join", () => {
    generation++;
    hear();
    joined.resolve();
  });
  consumer.on("consumer.heartbeat", hear);
  consumer.on("consumer.rebalancing", lose);
  consumer.on("consumer.stop", lose);
  consumer.on("consumer.crash", ({ payload }) => {
    lose();
    if (!payload.restart) onCrash(payload.error);
  });
  return {
    joined: joined.promise,
    generation: () => generation,
    isMember: () => heardAtMs !== undefined && performance.now() - heardAtMs <= sessionTimeoutMs,
  };
}

/** A batch as the handler's fetch, good for the generation of the group in which it was fetched. */
function fetchOf(payload: EachBatchPayload, generation: () => number): PartitionFetch {
  const { batch: { topic, partition, messages } } = payload;
  const fetchedIn = generation();
  const hasMovedOn = () => generation() !== fetchedIn;
  return {
    topic,
    partition,
    records: messages.map((message) => recordOfMessage(message, { topic, partition })),
    heartbeat: payload.heartbeat,
    shouldStop: () => !payload.isRunning() || payload.isStale() || hasMovedOn(),
    async commit(next) {
      if (hasMovedOn()) throw new Error("Cannot commit as the group has moved on");
      // The consumer's own commitOffsets() does nothing once it is stopping, and repeats what the group refuses.
      await payload.commitOffsetsIfNecessary({
        topics: [{ topic, partitions: [{ partition, offset: String(next) }] }],
      });
      payload.resolveOffset(String(next - 1n));
    },
  };
}
