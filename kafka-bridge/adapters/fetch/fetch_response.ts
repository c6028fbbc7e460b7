/**
 * Fetch responses, version 11, decoded in place of the client library's own decoder. That one lets a batch which it cannot
 * decode fail the fetch of every partition, reads through gaps one offset at a time, checks no checksum, and takes the
 * records of aborted transactions for committed ones where transactions overlap.
 */
import { createRequire } from "node:module";
import type { UndecodableBatch } from "../../ports.ts";
import { ByteReader } from "./byte_reader.ts";
import { batchesOf, type DecodedRecord, describeUndecodable, recordsOf } from "./record_batch.ts";
import { type AbortedTransaction, countTaken, verdictsOf } from "./transactions.ts";

/** What lies in a partition where no record does. */
type Hole =
  /** Offsets up to the message's own hold nothing for a reader: control records, aborted or compacted ones. */
  | { readonly kind: "passed" }
  | { readonly kind: "undecodable"; readonly batch: UndecodableBatch }
  /** The partition does not reach to where it was to be read, or not back to there any more. */
  | { readonly kind: "out_of_range" };

/** A message as the library hands it over; one with a hole is no record. */
export type FetchedMessage = DecodedRecord & { readonly hole?: Hole };

const OFFSET_OUT_OF_RANGE = 1;
/** The library drops messages before the offset that it asked for: a hole must pass, wherever its batch begins. */
const ANY_OFFSET = 2n ** 63n - 1n;

/** Lets every kafkajs client of this process decode fetch responses by {@link decodeFetch}. Calling it again is safe. */
export function decodeFetchesOurselves(): void {
  const require = createRequire(import.meta.url);
  // Looked up by the library at each response.
  const version11 = require("kafkajs/src/protocol/requests/fetch/v11/response.js");
  version11.decode = decodeFetch;
}

/** A response as the library's `parse()` and `Batch` take it: nothing is left there for it to leave out. */
export async function decodeFetch(payload: Buffer) {
  const reader = new ByteReader(payload);
  const clientSideThrottleTime = reader.int32();
  const errorCode = reader.int16();
  const sessionId = reader.int32();
  const topics = reader.array(() => ({
    topicName: reader.string(),
    partitions: reader.array(() => rawPartitionOf(reader)),
  }));
  const responses: { topicName: string; partitions: unknown[] }[] = [];
  for (const { topicName, partitions } of topics) {
    const decoded: unknown[] = [];
    for (const { set, ...partition } of partitions) {
      decoded.push({ ...partition, ...await contentOf(partition, set) });
    }
    responses.push({ topicName, partitions: decoded });
  }
  // Time that the client is to wait by itself, as the broker has not.
  return { throttleTime: 0, clientSideThrottleTime, errorCode, sessionId, responses };
}

function rawPartitionOf(reader: ByteReader) {
  const partition = reader.int32();
  const errorCode = reader.int16();
  const highWatermark = String(reader.int64());
  const lastStableOffset = String(reader.int64());
  const lastStartOffset = String(reader.int64());
  const aborted = reader.array((): AbortedTransaction => ({
    producerId: reader.int64(),
    firstOffset: reader.int64(),
  }));
  const preferredReadReplica = reader.int32();
  const set = reader.take(Math.max(0, reader.int32()));
  return {
    ...{ partition, errorCode, highWatermark, lastStableOffset, lastStartOffset },
    ...{ aborted, preferredReadReplica, set },
  };
}

type RawPartition = Omit<ReturnType<typeof rawPartitionOf>, "set">;

async function contentOf(partition: RawPartition, set: Buffer) {
  if (partition.errorCode === OFFSET_OUT_OF_RANGE) {
    return { errorCode: 0, messages: [holeAt(ANY_OFFSET, { kind: "out_of_range" })] };
  }
  return { messages: await committedMessagesOf(set, partition) };
}

/** The committed records of a set in front of its first batch that cannot be decoded, or that batch alone; then how far it reaches. */
async function committedMessagesOf(
  set: Buffer,
  { aborted, lastStableOffset }: RawPartition,
): Promise<FetchedMessage[]> {
  const messages: FetchedMessage[] = [];
  const batches = batchesOf(set);
  const verdicts = await verdictsOf(batches, aborted);
  const taken = batches.slice(0, countTaken(batches, verdicts, BigInt(lastStableOffset)));
  let last: bigint | undefined;
  for (const [index, batch] of taken.entries()) {
    const verdict = verdicts[index];
    try {
      const records = verdict === "aborted" ? [] : await recordsOf(batch);
      // One by one, as `push(...)` puts each on the stack.
      if (verdict !== "control") { for (const record of records) messages.push(record); }
    } catch (error) {
      if (last !== undefined) break;
      return [
        holeAt(ANY_OFFSET, { kind: "undecodable", batch: describeUndecodable(batch, error) }),
      ];
    }
    last = batch.lastOffset;
  }
  const end = messages.at(-1)?.offset;
  if (last !== undefined && end !== String(last)) messages.push(holeAt(last, { kind: "passed" }));
  return messages;
}

function holeAt(offset: bigint, hole: Hole): FetchedMessage {
  const nothing = { key: null, value: null, timestamp: "0", attributes: 0, headers: {} };
  return { ...nothing, offset: String(offset), hole };
}
