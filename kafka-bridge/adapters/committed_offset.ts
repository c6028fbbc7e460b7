import type { Admin } from "kafkajs";
import type { SourceRecord } from "../ports.ts";

/** What a group committed of a partition, and keeps beside it; no offset where it has committed none. */
export async function committedOffset(
  admin: Admin,
  groupId: string,
  { topic, partition }: Pick<SourceRecord, "topic" | "partition">,
) {
  const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] });
  const { offset = "-1", metadata } =
    committed?.partitions.find((each) => each.partition === partition) ?? {};
  const next = BigInt(offset);
  return { next: next < 0n ? undefined : next, metadata: metadata ?? "" };
}
