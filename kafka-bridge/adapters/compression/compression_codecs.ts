import { DEFAULT_PLAN } from "@tintype/core/model/tenant_plan";
import type { Decompress } from "./decompress.ts";
import { decompressLz4 } from "./lz4.ts";
import { decompressSnappy } from "./snappy.ts";
import { decompressGzip, decompressZstd } from "./zlib.ts";

/** Every codec that a Kafka producer may choose. */
const CODECS = {
  gzip: decompressGzip,
  snappy: decompressSnappy,
  lz4: decompressLz4,
  zstd: decompressZstd,
} as const satisfies Record<string, Decompress>;

/** A codec by its name in Kafka's `compression.type`. */
export type CodecName = keyof typeof CODECS;

/**
 * The most bytes that the records of a batch may hold: twice the largest image of a plan, as its broker limits only the
 * compressed batch, and a few MB of zeros can stand for gigabytes.
 */
export const MAX_BATCH_BYTES = 2 * DEFAULT_PLAN.maxBytes;

/** The records of a compressed batch. Throws Error that names the codec and the sizes. */
export async function decompressRecords(
  codec: CodecName,
  batch: Buffer,
  maxBytes = MAX_BATCH_BYTES,
): Promise<Buffer> {
  try {
    return await CODECS[codec](batch, maxBytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot decompress ${codec} batch of ${batch.byteLength} bytes: ${reason}`);
  }
}
