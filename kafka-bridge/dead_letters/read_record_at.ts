import type { Admin, Kafka, KafkaMessage } from "kafkajs";
import type { RecordOrigin } from "../delivery/origin.ts";
import { inOwnGroup, startReading } from "./own_group.ts";

/** Where a record lies. */
type RecordPosition = Pick<RecordOrigin, "topic" | "partition" | "offset">;

const WAIT_MS = 10_000;

/** Reads one record; undefined where its topic has it no more. */
export async function readRecordAt(
  kafka: Kafka,
  position: RecordPosition,
): Promise<KafkaMessage | undefined> {
  return await inOwnGroup(kafka, async (admin, consumer) => {
    const others = await otherPartitions(admin, position);
    if (others === undefined) return undefined;
    const { topic, partition, offset } = position;
    const found = Promise.withResolvers<KafkaMessage | undefined>();
    const timer = setTimeout(() => found.resolve(undefined), WAIT_MS);
    try {
      await startReading(consumer, topic, async (message, from) => {
        const at = BigInt(message.offset);
        if (from === partition && at >= offset) found.resolve(at === offset ? message : undefined);
      });
      consumer.pause([{ topic, partitions: others }]);
      consumer.seek({ topic, partition, offset: String(offset) });
      return await found.promise;
    } finally {
      clearTimeout(timer);
    }
  });
}

/** The topic's other partitions; undefined where the position is not within its own. */
async function otherPartitions(
  admin: Admin,
  { topic, partition, offset }: RecordPosition,
): Promise<number[] | undefined> {
  if (!(await admin.listTopics()).includes(topic)) return undefined;
  const held = await admin.fetchTopicOffsets(topic);
  const isHeld = held.some((ends) =>
    ends.partition === partition && BigInt(ends.low) <= offset && offset < BigInt(ends.high)
  );
  if (!isHeld) return undefined;
  return held.map((ends) => ends.partition).filter((other) => other !== partition);
}
