import { randomUUID } from "node:crypto";
import { Kafka, logLevel } from "kafkajs";
import { LOCAL } from "./local_names.ts";

/** Reads the dead-letter topic from its beginning: reasons by `partition/offset` of the refused record. */
export async function watchDeadLetters(
  brokers: string,
): Promise<{ readonly reasons: ReadonlyMap<string, string>; close(): Promise<void> }> {
  const reasons = new Map<string, string>();
  const kafka = new Kafka({
    clientId: "tintype-start",
    brokers: brokers.split(","),
    logLevel: logLevel.NOTHING,
  });
  const consumer = kafka.consumer({
    groupId: `tintype-start-${randomUUID()}`,
    allowAutoTopicCreation: false,
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [LOCAL.kafka.deadLetterTopic], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: ({ message: { headers } }) => {
      const text = (name: string) => String(headers?.[name] ?? "");
      reasons.set(
        `${text("__connect.errors.partition")}/${text("__connect.errors.offset")}`,
        text("tintype.reason"),
      );
      return Promise.resolve();
    },
  });
  return { reasons, close: () => consumer.disconnect() };
}
