import { Kafka, logLevel } from "kafkajs";

/** How many records the bridge has refused, ever: what lies in the dead-letter topic. */
export async function countDeadLetters(): Promise<number> {
  const kafka = new Kafka({
    clientId: "tintype-trouble",
    brokers: ["localhost:9092"],
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    const partitions = await admin.fetchTopicOffsets("images.dlq");
    return partitions.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  } finally {
    await admin.disconnect();
  }
}
