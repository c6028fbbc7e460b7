import { randomUUID } from "node:crypto";
import type { Admin, Consumer, Kafka, KafkaMessage } from "kafkajs";

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

/** Starts to read a topic from its beginning, message by message. */
export async function startReading(
  consumer: Consumer,
  topic: string,
  onMessage: (message: KafkaMessage, partition: number) => Promise<void>,
): Promise<void> {
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: ({ message, partition }) => onMessage(message, partition),
  });
}
