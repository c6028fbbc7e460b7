import type { Kafka } from "kafkajs";
import type { Results } from "../ports.ts";
import { kafkajsProducer } from "./kafkajs_producer.ts";

/** Appends results, acknowledged by all in-sync replicas. */
export function kafkajsResults(kafka: Kafka) {
  const producer = kafkajsProducer(kafka);
  return {
    connect: () => producer.connect(),
    close: () => producer.disconnect(),
    async send(results) {
      const topicMessages = [...Map.groupBy(results, ({ topic }) => topic)]
        .map(([topic, ofTopic]) => ({
          topic,
          messages: ofTopic.map(({ key, value, headers }) => (
            { key, value: Buffer.from(value), headers }
          )),
        }));
      await producer.sendBatch({ acks: -1, topicMessages });
    },
  } satisfies Results & Record<"connect" | "close", () => Promise<void>>;
}
