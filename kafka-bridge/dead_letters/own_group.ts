import { randomUUID } from "node:crypto";
import type { Admin, Consumer, Kafka } from "kafkajs";
import type { FetchedMessage } from "../adapters/fetch/fetch_response.ts";

const IDLE_MS = 100;

/** Lets `read` consume in a group of its own that is removed afterwards: nothing is committed, nothing is taken away. */
export async function inOwnGroup<Result>(
  kafka: Kafka,
  read: (admin: Admin, consumer: Consumer) => Promise<Result>,
): Promise<Result> {
  const groupId = `tintype-dlq-${randomUUID()}`;
  const admin = kafka.admin();
  const consumer = kafka.consumer({
    groupId,
    maxWaitTimeInMs: IDLE_MS,
    allowAutoTopicCreation: false,
  });
  await admin.connect();
  try {
    return await read(admin, consumer);
  } finally {
    await consumer.disconnect();
    await admin.deleteGroups([groupId]).catch(() => undefined); // Not everybody may; an empty one ends by itself.
    await admin.disconnect();
  }
}

/** Starts to read a topic from its beginning, message by message; one with a hole is no record, and none is read behind some. */
export async function startReading(
  consumer: Consumer,
  topic: string,
  onMessage: (message: FetchedMessage, partition: number) => Promise<void>,
): Promise<void> {
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: async ({ batch: { messages, partition }, resolveOffset, heartbeat, isStale }) => {
      for (const message of messages as readonly FetchedMessage[]) {
        if (isStale()) return;
        await onMessage(message, partition);
        if ((message.hole?.kind ?? "passed") === "passed") resolveOffset(message.offset);
        await heartbeat();
      }
    },
  });
}
