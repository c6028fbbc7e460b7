import { randomUUID } from "node:crypto";
import type { Admin, Kafka, KafkaMessage } from "kafkajs";

/** Where a record lies. */
export interface RecordPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

const WAIT_MS = 10_000;

/** Reads one record, in a group of its own that is removed afterwards; undefined where its topic has it no more. */
export async function readRecordAt(
  kafka: Kafka,
  place: RecordPlace,
): Promise<KafkaMessage | undefined> {
  const admin = kafka.admin();
  await admin.connect();
  const groupId = `tintype-dlq-${randomUUID()}`;
  try {
    const others = await otherPartitions(admin, place);
    return others === undefined ? undefined : await consume(kafka, { place, others, groupId });
  } finally {
    await admin.deleteGroups([groupId]).catch(() => undefined); // Not everybody may; an empty one ends by itself.
    await admin.disconnect();
  }
}

/** The topic's other partitions; undefined where the place is not within its own. */
async function otherPartitions(
  admin: Admin,
  { topic, partition, offset }: RecordPlace,
): Promise<number[] | undefined> {
  if (!(await admin.listTopics()).includes(topic)) return undefined;
  const held = await admin.fetchTopicOffsets(topic);
  const isHeld = held.some((ends) =>
    ends.partition === partition && BigInt(ends.low) <= offset && offset < BigInt(ends.high)
  );
  if (!isHeld) return undefined;
  return held.map((ends) => ends.partition).filter((other) => other !== partition);
}

async function consume(
  kafka: Kafka,
  { place: { topic, partition, offset }, others, groupId }: {
    readonly place: RecordPlace;
    readonly others: number[];
    readonly groupId: string;
  },
): Promise<KafkaMessage | undefined> {
  const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false });
  const found = Promise.withResolvers<KafkaMessage | undefined>();
  const timer = setTimeout(() => found.resolve(undefined), WAIT_MS);
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition: from, message }) => {
        const at = BigInt(message.offset);
        if (from !== partition || at < offset) return;
        found.resolve(at === offset ? message : undefined);
      },
    });
    consumer.pause([{ topic, partitions: others }]);
    consumer.seek({ topic, partition, offset: String(offset) });
    return await found.promise;
  } finally {
    clearTimeout(timer);
    await consumer.disconnect();
  }
}
