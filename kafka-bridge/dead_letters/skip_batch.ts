import type { Kafka } from "kafkajs";
import type { UndecodableBatch } from "../ports.ts";
import { readFrom, type RecordPosition } from "./read_record_at.ts";

/** Which batch is skipped, and for whom. */
interface SkipOptions {
  /** Of any record of the batch. */
  readonly position: RecordPosition;
  /** The bridge's consumer group. */
  readonly group: string;
  /** Look only. */
  readonly isDryRun: boolean;
}

const SESSION_TIMEOUT_MS = 10_000;

/**
 * Lets a group read on behind a batch that cannot be decoded, and returns what it was. The group may be running: its
 * members join again and hold the partition from there. Throws Error where the batch can be decoded, or where a record
 * before it is not committed yet.
 */
export async function skipBatch(
  kafka: Kafka,
  { position, group, isDryRun }: SkipOptions,
): Promise<UndecodableBatch> {
  const { topic, partition, offset } = position;
  const hole = (await readFrom(kafka, position))?.hole;
  const place = `${topic}/${partition}/${offset}`;
  if (hole?.kind !== "undecodable") {
    throw new Error(`Cannot skip ${place}: there is no batch that cannot be decoded`);
  }
  const { firstOffset, lastOffset } = hole.batch;
  const committed = await committedOf(kafka, group, position);
  if (committed < firstOffset || committed > lastOffset) {
    throw new Error(
      `Cannot skip ${place}: group ${group} must have committed everything before ${firstOffset} and nothing behind ${lastOffset} (got ${committed}); records before it may still be under way`,
    );
  }
  if (!isDryRun) await commitAsMember(kafka, group, { ...position, offset: lastOffset + 1n });
  return hole.batch;
}

/** What a group has committed of a partition; its start where that is nothing. */
async function committedOf(
  kafka: Kafka,
  groupId: string,
  { topic, partition }: RecordPosition,
): Promise<bigint> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] });
    const { offset } = committed?.partitions.find((each) => each.partition === partition) ?? {};
    if (offset !== undefined && BigInt(offset) >= 0n) return BigInt(offset);
    const ends = await admin.fetchTopicOffsets(topic);
    return BigInt(ends.find((each) => each.partition === partition)?.low ?? 0);
  } finally {
    await admin.disconnect();
  }
}

/** Kafka takes a running group's commit from its members alone: joins, commits, and leaves again. */
async function commitAsMember(
  kafka: Kafka,
  groupId: string,
  { topic, partition, offset }: RecordPosition,
): Promise<void> {
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: SESSION_TIMEOUT_MS,
    allowAutoTopicCreation: false,
  });
  const joined = Promise.withResolvers<void>();
  consumer.on("consumer.group_join", () => joined.resolve());
  consumer.on("consumer.crash", ({ payload }) => joined.reject(payload.error));
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic] });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: async () => {},
    });
    await joined.promise;
    await consumer.commitOffsets([{ topic, partition, offset: String(offset) }]);
  } finally {
    await consumer.disconnect();
  }
}
