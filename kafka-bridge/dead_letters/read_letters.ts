import { randomUUID } from "node:crypto";
import type { Kafka, KafkaMessage } from "kafkajs";
import { LETTER_HEADERS } from "../delivery/origin.ts";

/** A dead letter as it lies in its topic. */
export interface Letter {
  /** `partition/offset` in the dead-letter topic. */
  readonly place: string;
  /** `topic/partition/offset` of the record that was refused. */
  readonly origin: string;
  readonly reason: string;
  readonly message: string;
  /** When Kafka took the refused record, in milliseconds since the epoch: its T0. */
  readonly timestampMs: number;
  readonly redrives: number;
  readonly isValueOmitted: boolean;
  /** Every header as text, the last value of each. */
  readonly headers: ReadonlyMap<string, string>;
  readonly record: KafkaMessage;
}

const IDLE_MS = 100;

/**
 * Reads a topic from its beginning to where it ends now, letter by letter, in the order of each partition.
 * In a group of its own that is removed afterwards: nothing is committed, nothing is taken away.
 */
export async function readLetters(
  kafka: Kafka,
  topic: string,
  onLetter: (letter: Letter) => Promise<void>,
): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  const groupId = `tintype-dlq-${randomUUID()}`;
  try {
    const left = new Map(
      (await admin.fetchTopicOffsets(topic))
        .filter(({ low, high }) => BigInt(low) < BigInt(high))
        .map(({ partition, high }) => [partition, BigInt(high)]),
    );
    if (left.size > 0) await consume(kafka, { topic, groupId, left, onLetter });
  } finally {
    await admin.deleteGroups([groupId]).catch(() => undefined); // Not everybody may; an empty one ends by itself.
    await admin.disconnect();
  }
}

async function consume(
  kafka: Kafka,
  { topic, groupId, left, onLetter }: {
    readonly topic: string;
    readonly groupId: string;
    readonly left: Map<number, bigint>;
    readonly onLetter: (letter: Letter) => Promise<void>;
  },
): Promise<void> {
  const consumer = kafka.consumer({
    groupId,
    maxWaitTimeInMs: IDLE_MS,
    allowAutoTopicCreation: false,
  });
  const done = Promise.withResolvers<void>();
  consumer.on("consumer.crash", ({ payload }) => done.reject(payload.error));
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        const high = left.get(partition);
        if (high === undefined) return;
        if (BigInt(message.offset) < high) await onLetter(letterOf(message, partition));
        if (BigInt(message.offset) + 1n < high) return;
        left.delete(partition);
        if (left.size === 0) done.resolve();
      },
    });
    await done.promise;
  } finally {
    await consumer.disconnect();
  }
}

function letterOf(record: KafkaMessage, partition: number): Letter {
  const headers = new Map(
    Object.entries(record.headers ?? {}).map(([name, value]) => {
      const last = Array.isArray(value) ? value.at(-1) : value;
      return [name, last === undefined || last === null ? "" : String(last)] as const;
    }),
  );
  const text = (name: string) => headers.get(name) ?? "";
  const { topic, partition: from, offset } = LETTER_HEADERS;
  return {
    place: `${partition}/${record.offset}`,
    origin: `${text(topic)}/${text(from)}/${text(offset)}`,
    reason: text(LETTER_HEADERS.reason) || "unknown",
    message: text(LETTER_HEADERS.message),
    timestampMs: Number(text(LETTER_HEADERS.timestamp)),
    redrives: Number(text(LETTER_HEADERS.redrives)) || 0,
    isValueOmitted: text(LETTER_HEADERS.value) === "omitted",
    headers,
    record,
  };
}
