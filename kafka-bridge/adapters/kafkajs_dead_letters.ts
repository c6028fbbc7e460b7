import type { Kafka, Producer } from "kafkajs";
import type { DeadLetters } from "../ports.ts";

/** Appends dead letters with Kafka Connect's header names, acknowledged by all in-sync replicas. */
export function kafkajsDeadLetters(
  kafka: Kafka,
  { topic }: { readonly topic: string },
): DeadLetters & { connect(): Promise<void>; close(): Promise<void> } {
  const producer: Producer = kafka.producer({
    allowAutoTopicCreation: false,
    idempotent: true,
    maxInFlightRequests: 1,
    retry: { retries: 3, initialRetryTime: 100 },
  });
  return {
    connect: () => producer.connect(),
    close: () => producer.disconnect(),
    async send({ record, reason, message }) {
      const original = Object.fromEntries(
        [...record.headers].map(([name, value]) => [name, Buffer.from(value)]),
      );
      const headers = {
        ...original,
        "__connect.errors.topic": record.topic,
        "__connect.errors.partition": String(record.partition),
        "__connect.errors.offset": String(record.offset),
        "__connect.errors.stage": "TASK_PUT",
        "__connect.errors.exception.class.name": "AppError",
        "__connect.errors.exception.message": message,
        "tintype.reason": reason,
        "tintype.timestamp": String(record.timestampMs),
      };
      const key = record.key === null ? null : Buffer.from(record.key);
      const value = record.value === null ? null : Buffer.from(record.value);
      await producer.send({ topic, acks: -1, messages: [{ key, value, headers }] });
    },
  };
}
