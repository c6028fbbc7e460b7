import type { Kafka } from "kafkajs";

/** Where a partition was to be read. */
interface ReadPosition {
  readonly topic: string;
  readonly partition: number;
  readonly position: bigint;
}

/** Why a partition does not hold an offset, and where it is to be read instead. */
export interface OutOfRange extends ReadPosition {
  readonly kind:
    /** Kafka deleted the records from `position` to `start` before they were read. */
    | "records_lost"
    /** The partition ends before `position`: its topic was deleted and made again. */
    | "topic_remade"
    /** It holds the offset by now. */
    | "in_range";
  readonly start: bigint;
  readonly end: bigint;
}

/** Looks why a broker said that an offset is out of a partition's range. Throws where the brokers do not say. */
export async function findStart(kafka: Kafka, place: ReadPosition): Promise<OutOfRange> {
  const { topic, partition, position } = place;
  const admin = kafka.admin();
  await admin.connect();
  try {
    const ends = await admin.fetchTopicOffsets(topic);
    const { low, high } = ends.find((each) => each.partition === partition) ?? {};
    if (low === undefined || high === undefined) {
      throw new Error(`Cannot find partition ${partition} of ${topic}`);
    }
    const [start, end] = [BigInt(low), BigInt(high)];
    if (position < start) return { ...place, kind: "records_lost", start, end };
    if (position > end) return { ...place, kind: "topic_remade", start, end };
    return { ...place, kind: "in_range", start: position, end };
  } finally {
    await admin.disconnect();
  }
}
