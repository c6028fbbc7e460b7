import { imageIdOfRecord } from "@tintype/core/model/image_id";
import { PORTS } from "@tintype/local/start/local_names";
import { Kafka, logLevel } from "kafkajs";

const KAFKA = new Kafka({
  clientId: "tintype-trouble",
  brokers: [`localhost:${PORTS.kafka}`],
  logLevel: logLevel.NOTHING,
});
const MINUTE_MS = 60_000;

/** How many records a topic holds. */
export async function countRecords(topic: string): Promise<number> {
  const admin = KAFKA.admin();
  await admin.connect();
  try {
    const partitions = await admin.fetchTopicOffsets(topic);
    return partitions.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  } finally {
    await admin.disconnect();
  }
}

/**
 * Writes the dead letter of a PNG that came a minute ago, as the bridge writes it when the tenant's plan takes no PNG,
 * and answers the id that its image will have. That plan is another one now.
 */
export async function buryRecord(
  { subject, value }: { readonly subject: string; readonly value: Uint8Array },
): Promise<string> {
  const timestampMs = Date.now() - MINUTE_MS;
  // Beyond whatever else was sent, as the place makes the id.
  const place = { topic: "images", partition: 0, offset: "1000000" };
  const headers = {
    "content-type": "image/png",
    "subject": subject,
    "__connect.errors.topic": place.topic,
    "__connect.errors.partition": String(place.partition),
    "__connect.errors.offset": place.offset,
    "tintype.reason": "unsupported_type",
    "tintype.timestamp": String(timestampMs),
  };
  const producer = KAFKA.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  try {
    const messages = [{ key: subject, value: Buffer.from(value), headers }];
    await producer.send({ topic: "images.dlq", acks: -1, messages });
  } finally {
    await producer.disconnect();
  }
  return await imageIdOfRecord({ cluster: "local", ...place }, timestampMs);
}
