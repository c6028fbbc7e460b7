import type { SourceRecord } from "../ports.ts";
import type { DecodedRecord } from "./fetch/record_batch.ts";

/** A fetched message as a record: of a repeated header the last value counts, one without a value is as if not there. */
export function recordOfMessage(
  message: DecodedRecord,
  { topic, partition }: Pick<SourceRecord, "topic" | "partition">,
): SourceRecord {
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    timestampMs: Number(message.timestamp),
    isCreateTime: message.isCreateTime ?? false,
    key: message.key === null ? null : ownBytes(message.key),
    value: message.value === null ? null : ownBytes(message.value),
    headers: new Map(
      Object.entries(message.headers ?? {}).flatMap(([name, value]) => {
        const last = Array.isArray(value) ? value.at(-1) : value;
        if (last === undefined || last === null) return [];
        return [[name, typeof last === "string" ? new TextEncoder().encode(last) : ownBytes(last)]];
      }),
    ),
  };
}

/** The same bytes; copied where they are a small part of a fetch, all of which would stay in memory with them. */
function ownBytes(buffer: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer: fetched, byteOffset, byteLength } = buffer;
  if (2 * byteLength < fetched.byteLength) return new Uint8Array(buffer);
  return new Uint8Array(fetched as ArrayBuffer, byteOffset, byteLength); // what is fetched never lies in shared memory
}
