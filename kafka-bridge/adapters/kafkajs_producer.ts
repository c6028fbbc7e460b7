import { type Kafka, Partitioners, type Producer } from "kafkajs";

/** A producer that creates no topic and gives up within seconds. */
export function kafkajsProducer(kafka: Kafka): Producer {
  // Not idempotent: a sequence number that is used again after a lost answer would swallow the next record.
  return kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner, // as it is, but without a warning
    retry: { retries: 3, initialRetryTime: 100 },
  });
}
