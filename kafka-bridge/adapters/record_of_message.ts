import type { KafkaMessage } from "kafkajs";
import type { SourceRecord } from "../ports.ts";

/** A fetched message as a record: of a repeated header the last value counts, one without a value is as if not there. */
export function recordOfMessage(
  message: KafkaMessage,
  { topic, partition }: { readonly topic: string; readonly partition: number },
): SourceRecord {
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    timestampMs: Number(message.timestamp),
    key: message.key,
    value: message.value === null ? null : bytesOf(message.value),
    headers: new Map(
      Object.entries(message.headers ?? {}).flatMap(([name, value]) => {
        const last = Array.isArray(value) ? value.at(-1) : value;
        if (last === undefined || last === null) return [];
        return [[name, typeof last === "string" ? new TextEncoder().encode(last) : last]];
      }),
    ),
  };
}

/** The same bytes without a copy; a fetched buffer never lies in shared memory. */
function bytesOf(buffer: Buffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer.buffer as ArrayBuffer, buffer.byteOffset, buffer.byteLength);
}
