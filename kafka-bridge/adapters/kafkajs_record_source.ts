import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from "kafkajs";
import type { PartitionHandler, RecordSource, SourceRecord } from "../ports.ts";

/** What to consume, and in which portions. */
export interface RecordSourceOptions {
  readonly topics: readonly string[];
  readonly groupId: string;
  /** Largest fetch of one partition, in bytes. */
  readonly maxBytesPerPartition: number;
  readonly partitionsAtOnce: number;
  readonly sessionTimeoutMs: number;
  /** Called when the consumer ended for good. */
  readonly onCrash: (error: Error) => void;
}

/**
 * A group member by kafkajs. Nothing is resolved or committed by the library itself: a record counts when it is durable.
 * Topics are read from their beginning where the group has no offset, and never created.
 */
export function kafkajsRecordSource(kafka: Kafka, options: RecordSourceOptions): RecordSource {
  const consumer = kafka.consumer({
    groupId: options.groupId,
    sessionTimeout: options.sessionTimeoutMs,
    heartbeatInterval: Math.floor(options.sessionTimeoutMs / 6),
    maxBytesPerPartition: options.maxBytesPerPartition,
    maxBytes: options.maxBytesPerPartition * options.partitionsAtOnce,
    allowAutoTopicCreation: false,
    retry: { retries: Number.MAX_SAFE_INTEGER, maxRetryTime: 5_000, initialRetryTime: 200 },
  });
  let member = false;
  consumer.on("consumer.group_join", () => member = true);
  consumer.on("consumer.crash", ({ payload }) => {
    member = false;
    if (!payload.restart) options.onCrash(payload.error);
  });
  consumer.on("consumer.rebalancing", () => member = false);
  consumer.on("consumer.stop", () => member = false);
  return {
    isMember: () => member,
    async run(handler) {
      await consumer.connect();
      await consumer.subscribe({ topics: [...options.topics], fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: options.partitionsAtOnce,
        eachBatch: (payload) => handleBatch(consumer, payload, handler),
      });
    },
    async stop() {
      await consumer.stop();
      await consumer.disconnect();
    },
  };
}

async function handleBatch(
  consumer: Consumer,
  payload: EachBatchPayload,
  handler: PartitionHandler,
): Promise<void> {
  const { batch: { topic, partition, messages }, heartbeat, isRunning, isStale, resolveOffset } =
    payload;
  await handler({
    topic,
    partition,
    records: messages.map((message) => recordOf(message, { topic, partition })),
    heartbeat,
    shouldStop: () => !isRunning() || isStale(),
    async commit(next) {
      await consumer.commitOffsets([{ topic, partition, offset: String(next) }]);
      resolveOffset(String(next - 1n));
    },
  });
}

function recordOf(
  message: KafkaMessage,
  { topic, partition }: { topic: string; partition: number },
): SourceRecord {
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    timestampMs: Number(message.timestamp),
    key: message.key,
    value: message.value === null ? null : bytesOf(message.value),
    headers: new Map(
      Object.entries(message.headers ?? {}).flatMap(([name, value]) => {
        const last = Array.isArray(value) ? value.at(-1) : value;
        return last === undefined
          ? []
          : [[name, typeof last === "string" ? new TextEncoder().encode(last) : last]];
      }),
    ),
  };
}

/** The same bytes without a copy; a fetched buffer never lies in shared memory. */
function bytesOf(buffer: Buffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer.buffer as ArrayBuffer, buffer.byteOffset, buffer.byteLength);
}
