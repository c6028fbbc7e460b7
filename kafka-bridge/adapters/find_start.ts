import type { Kafka } from "kafkajs";
import { committedOffset } from "./committed_offset.ts";

/** Where a partition was to be read. */
interface ReadPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** Why a partition does not hold an offset, and where it is to be read instead. */
export interface OutOfRange extends ReadPosition {
  readonly kind:
    /** Kafka deleted the records from `offset` to `start` before they were read. */
    | "records_lost"
    /** The partition ends before `offset`: its topic was deleted and made again. */
    | "topic_remade"
    /** It holds the offset by now. */
    | "in_range";
  readonly start: bigint;
  readonly end: bigint;
  /** What the group keeps beside its offset, which stays true: the tenants' counts of the day. */
  readonly metadata: string;
}

/** Looks why a broker said that an offset is out of a partition's range. Throws where the brokers do not say. */
export async function findStart(
  kafka: Kafka,
  groupId: string,
  position: ReadPosition,
): Promise<OutOfRange> {
  const { topic, partition, offset } = position;
  const admin = kafka.admin();
  await admin.connect();
  try {
    const ends = await admin.fetchTopicOffsets(topic);
    const { low, high } = ends.find((each) => each.partition === partition) ?? {};
    if (low === undefined || high === undefined) {
      throw new Error(`Cannot find partition ${partition} of ${topic}`);
    }
    const { metadata } = await committedOffset(admin, groupId, position);
    const found = { ...position, metadata, start: BigInt(low), end: BigInt(high) };
    if (offset < found.start) return { ...found, kind: "records_lost" };
    if (offset > found.end) return { ...found, kind: "topic_remade" };
    return { ...found, kind: "in_range", start: offset };
  } finally {
    await admin.disconnect();
  }
}
