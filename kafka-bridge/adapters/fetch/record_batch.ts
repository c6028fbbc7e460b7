/** Record batches as they lie in a partition (Kafka protocol, "Record Batch", magic 2). */
import { createHash } from "node:crypto";
import { crc32c } from "@node-rs/crc32";
import type { IHeaders, KafkaMessage } from "kafkajs";
import type { UndecodableBatch } from "../../ports.ts";
import { type CodecName, decompressRecords } from "../compression/compression_codecs.ts";
import { ByteReader } from "./byte_reader.ts";

const MAGIC = 2;
const MAGIC_AT = 16;
const CRC_AT = 17;
const ATTRIBUTES_AT = 21;
const HEADER_BYTES = 61;
/** Base offset and length, which the length does not count. */
const PREFIX_BYTES = 12;
const MASK = { codec: 0x07, logAppendTime: 0x08, transactional: 0x10, control: 0x20 } as const;
/** By their numbers in a batch's attributes. */
const CODEC_NAMES: readonly ("none" | CodecName)[] = ["none", "gzip", "snappy", "lz4", "zstd"];
const ABORT_MARKER = 0;

/** A record as the library's types have it, and whether its producer dated it instead of the broker. */
export type DecodedRecord = KafkaMessage & { readonly isCreateTime?: boolean };

/** What the header of a batch says, and its bytes. */
export interface RecordBatch {
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
  readonly magic: number;
  readonly attributes: number;
  readonly firstTimestampMs: number;
  readonly maxTimestampMs: number;
  readonly producerId: bigint;
  readonly count: number;
  /** All of it, header and records. */
  readonly bytes: Buffer;
}

/** The batches of a record set; a fetch may cut the last one, which is left out. */
export function batchesOf(set: Buffer): RecordBatch[] {
  const batches: RecordBatch[] = [];
  for (let at = 0; at + MAGIC_AT < set.byteLength;) {
    const length = PREFIX_BYTES + set.readInt32BE(at + 8);
    const bytes = set.subarray(at, at + Math.max(length, HEADER_BYTES));
    if (bytes.byteLength < Math.max(length, MAGIC_AT + 1)) break;
    batches.push(headerOf(bytes));
    // A length that is none leaves nothing to read on by.
    if (length < HEADER_BYTES) break;
    at += length;
  }
  return batches;
}

function headerOf(bytes: Buffer): RecordBatch {
  const reader = new ByteReader(bytes);
  const firstOffset = reader.int64();
  const magic = bytes.readInt8(MAGIC_AT);
  if (magic !== MAGIC || bytes.byteLength < HEADER_BYTES) {
    const nothing = { attributes: 0, firstTimestampMs: 0, maxTimestampMs: 0, producerId: -1n };
    return { firstOffset, lastOffset: firstOffset, magic, ...nothing, count: 0, bytes };
  }
  reader.take(ATTRIBUTES_AT - 8);
  const attributes = reader.int16();
  const lastOffset = firstOffset + BigInt(reader.int32());
  const [firstTimestampMs, maxTimestampMs] = [Number(reader.int64()), Number(reader.int64())];
  const producerId = reader.int64();
  reader.take(6); // epoch and sequence
  const count = reader.int32();
  return {
    ...{ firstOffset, lastOffset, magic, attributes, firstTimestampMs, maxTimestampMs },
    ...{ producerId, count, bytes },
  };
}

/** Whether its records belong to a transaction, which may have been aborted. */
export function isTransactional({ attributes }: RecordBatch): boolean {
  return (attributes & MASK.transactional) !== 0;
}

/** Whether it holds a broker's control records instead of a producer's. */
export function isControl({ attributes }: RecordBatch): boolean {
  return (attributes & MASK.control) !== 0;
}

/** How a control batch ends its producer's transaction: its record's key is a version and a type. Undefined for one without records, whose transaction was compacted away. */
export async function outcomeOf(batch: RecordBatch): Promise<"aborted" | "committed" | undefined> {
  const [record] = await recordsOf(batch);
  const type = record?.key?.readInt16BE(2);
  return type === undefined ? undefined : type === ABORT_MARKER ? "aborted" : "committed";
}

/** The records of a batch. Throws Error that says why it cannot be decoded. */
export async function recordsOf(batch: RecordBatch): Promise<DecodedRecord[]> {
  const { attributes, bytes, count, magic } = batch;
  if (magic !== MAGIC) throw new Error(`its magic byte must be ${MAGIC} (got ${magic})`);
  const [expected, sum] = [bytes.readUInt32BE(CRC_AT), crc32c(bytes.subarray(ATTRIBUTES_AT))];
  if (sum !== expected) throw new Error(`its checksum must be ${expected} (got ${sum})`);
  const codec = CODEC_NAMES[attributes & MASK.codec];
  if (codec === undefined) throw new Error(`its codec is unknown (${attributes & MASK.codec})`);
  const packed = bytes.subarray(HEADER_BYTES);
  const reader = new ByteReader(
    codec === "none" || count === 0 ? packed : await decompressRecords(codec, packed),
  );
  return Array.from({ length: count }, () => recordOf(reader, batch));
}

function recordOf(reader: ByteReader, batch: RecordBatch): DecodedRecord {
  reader.varint(); // how long it is
  const attributes = reader.int8();
  const timestampDelta = reader.varint();
  const offset = batch.firstOffset + BigInt(reader.varint());
  const key = reader.varintBytes();
  const value = reader.varintBytes();
  const isCreateTime = (batch.attributes & MASK.logAppendTime) === 0;
  const timestampMs = isCreateTime ? batch.firstTimestampMs + timestampDelta : batch.maxTimestampMs;
  const headers = headersOf(reader);
  const timestamp = String(timestampMs);
  return { key, value, timestamp, isCreateTime, attributes, offset: String(offset), headers };
}

/** As the client library gives them: of a repeated header a list. */
function headersOf(reader: ByteReader): IHeaders {
  const headers: IHeaders = Object.create(null);
  for (let left = reader.varint(); left > 0; left--) {
    const name = reader.varintBytes()?.toString() ?? "";
    const value = reader.varintBytes() ?? undefined;
    const held = headers[name];
    if (!(name in headers)) headers[name] = value;
    else headers[name] = [held ?? [], value ?? []].flat();
  }
  return headers;
}

/** What an operator needs to know of a batch that cannot be decoded. */
export function describeUndecodable(batch: RecordBatch, error: unknown): UndecodableBatch {
  const { firstOffset, lastOffset, attributes, count, bytes, producerId } = batch;
  const { firstTimestampMs, maxTimestampMs } = batch;
  return {
    firstOffset,
    lastOffset: lastOffset < firstOffset ? firstOffset : lastOffset,
    codec: CODEC_NAMES[attributes & MASK.codec] ?? `unknown (${attributes & MASK.codec})`,
    ...{ count, producerId, firstTimestampMs, maxTimestampMs, bytes: bytes.byteLength },
    sha256: createHash("sha256").update(bytes).digest("hex"),
    reason: error instanceof Error ? error.message : String(error),
  };
}
