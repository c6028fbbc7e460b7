import type { Kafka, TopicPartitionOffsetAndMetadata } from "kafkajs";
import { committedOffset } from "../adapters/committed_offset.ts";
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
  const { next, metadata } = await committedOf(kafka, group, position);
  if (next < firstOffset || next > lastOffset) {
    throw new Error(
      `Cannot skip ${place}: group ${group} must have committed everything before ${firstOffset} and nothing behind ${lastOffset} (got ${next}); records before it may still be under way`,
    );
  }
  const behind = { topic, partition, offset: String(lastOffset + 1n), metadata };
  if (!isDryRun) await commitAsMember(kafka, group, behind);
  return hole.batch;
}

/** What a group has committed of a partition and keeps beside it; its start where that is nothing. */
async function committedOf(kafka: Kafka, groupId: string, position: RecordPosition) {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const { next, metadata } = await committedOffset(admin, groupId, position);
    if (next !== undefined) return { next, metadata };
    const ends = await admin.fetchTopicOffsets(position.topic);
    const start = ends.find(({ partition }) => partition === position.partition)?.low ?? 0;
    return { next: BigInt(start), metadata };
  } finally {
    await admin.disconnect();
  }
}

/** Kafka takes a running group's commit from its members alone: joins, commits, and leaves again. */
export async function commitAsMember(
  kafka: Kafka,
  groupId: string,
  committed: Required<TopicPartitionOffsetAndMetadata>,
): Promise<void> {
  const { topic } = committed;
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
    await consumer.commitOffsets([committed]);
  } finally {
    await consumer.disconnect();
  }
}
