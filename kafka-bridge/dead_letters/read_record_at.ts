import type { Admin, Kafka } from "kafkajs";
import type { FetchedMessage } from "../adapters/fetch/fetch_response.ts";
import type { RecordOrigin } from "../delivery/origin.ts";
import { inOwnGroup, startReading } from "./own_group.ts";

/** Where a record lies. */
export type RecordPosition = Pick<RecordOrigin, "topic" | "partition" | "offset">;

const WAIT_MS = 10_000;

/** Reads one record; undefined where its topic has it no more, or it cannot be decoded. */
export async function readRecordAt(
  kafka: Kafka,
  position: RecordPosition,
): Promise<FetchedMessage | undefined> {
  const message = await readFrom(kafka, position);
  const isIt = message?.hole === undefined && message?.offset === String(position.offset);
  return isIt ? message : undefined;
}

/** Reads the first message from a position on, which may be a hole; undefined where its topic has none. */
export async function readFrom(
  kafka: Kafka,
  position: RecordPosition,
): Promise<FetchedMessage | undefined> {
  return await inOwnGroup(kafka, async (admin, consumer) => {
    const others = await otherPartitions(admin, position);
    if (others === undefined) return undefined;
    const { topic, partition, offset } = position;
    const found = Promise.withResolvers<FetchedMessage | undefined>();
    const timer = setTimeout(() => found.resolve(undefined), WAIT_MS);
    try {
      await startReading(consumer, topic, async (message, from) => {
        // Before the seek its start may come.
        const { hole } = message;
        const isReached = hole?.kind === "undecodable"
          ? hole.batch.firstOffset <= offset && offset <= hole.batch.lastOffset
          : BigInt(message.offset) >= offset;
        if (from === partition && isReached) found.resolve(message);
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
