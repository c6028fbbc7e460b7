/**
 * Fetch responses, version 11, decoded in place of the client library's own decoder. That one lets a batch which it cannot
 * decode fail the fetch of every partition, reads through gaps one offset at a time, checks no checksum, and takes the
 * records of aborted transactions for committed ones where transactions overlap.
 */
import { createRequire } from "node:module";
import type { UndecodableBatch } from "../../ports.ts";
import { ByteReader } from "./byte_reader.ts";
import {
  batchesOf,
  type DecodedRecord,
  describeUndecodable,
  isAbortMarker,
  isControl,
  isTransactional,
  type RecordBatch,
  recordsOf,
} from "./record_batch.ts";

/** What lies in a partition where no record does. */
type Hole =
  /** Offsets up to the message's own hold nothing for a reader: control records, aborted or compacted ones. */
  | { readonly kind: "passed" }
  | { readonly kind: "undecodable"; readonly batch: UndecodableBatch }
  /** The partition does not reach to where it was to be read, or not back to there any more. */
  | { readonly kind: "out_of_range" };

/** A message as the library hands it over; one with a hole is no record. */
export type FetchedMessage = DecodedRecord & { readonly hole?: Hole };

interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

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

async function contentOf({ errorCode, aborted }: RawPartition, set: Buffer) {
  if (errorCode === OFFSET_OUT_OF_RANGE) {
    return { errorCode: 0, messages: [holeAt(ANY_OFFSET, { kind: "out_of_range" })] };
  }
  return { messages: await committedMessagesOf(set, aborted) };
}

/** The committed records of a set in front of its first batch that cannot be decoded, or that batch alone; then how far it reaches. */
async function committedMessagesOf(
  set: Buffer,
  aborted: readonly AbortedTransaction[],
): Promise<FetchedMessage[]> {
  const messages: FetchedMessage[] = [];
  const ongoing = new OngoingAborts(aborted);
  let last: bigint | undefined;
  for (const batch of batchesOf(set)) {
    try {
      // One by one, as `push(...)` puts each on the stack.
      for (const record of await ongoing.committedOf(batch)) messages.push(record);
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

/** The aborted transactions that a reader is within, batch by batch, as Kafka's own consumer follows them. */
class OngoingAborts {
  readonly #producers = new Set<bigint>();
  /** The broker lists them by their ends. */
  readonly #ahead: AbortedTransaction[];

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#ahead = aborted.toSorted((a, b) => Number(a.firstOffset - b.firstOffset));
  }

  async committedOf(batch: RecordBatch): Promise<DecodedRecord[]> {
    for (
      let [next] = this.#ahead;
      next !== undefined && next.firstOffset <= batch.lastOffset;
      [next] = this.#ahead
    ) {
      this.#ahead.shift();
      this.#producers.add(next.producerId);
    }
    if (isControl(batch)) {
      if (await isAbortMarker(batch)) this.#producers.delete(batch.producerId);
      return [];
    }
    const isAborted = isTransactional(batch) && this.#producers.has(batch.producerId);
    return isAborted ? [] : await recordsOf(batch);
  }
}
