import { DEFAULT_PLAN } from "@tintype/core/model/tenant_plan";
import kafkajs from "kafkajs";
import type { BatchCodec } from "./batch_codec.ts";
import { lz4Codec } from "./lz4_codec.ts";
import { snappyCodec } from "./snappy_codec.ts";
import { gzipCodec, zstdCodec } from "./zlib_codecs.ts";

/** Every codec that a Kafka producer may choose. */
export const CODECS = {
  gzip: gzipCodec,
  snappy: snappyCodec,
  lz4: lz4Codec,
  zstd: zstdCodec,
} as const satisfies Record<string, BatchCodec>;

/** A codec by its name in Kafka's `compression.type`. */
export type CodecName = keyof typeof CODECS;

/**
 * The most bytes that the records of a batch may hold: twice the largest image of a plan, as its broker limits only the
 * compressed batch, and a few MB of zeros can stand for gigabytes.
 */
export const MAX_BATCH_BYTES = 2 * DEFAULT_PLAN.maxBytes;

/** What the client library hands over to be compressed. */
interface RecordsEncoder {
  readonly buffer: Buffer;
}

/** Lets every kafkajs client of this process read and write batches of all codecs. */
export function registerCompressionCodecs(): void {
  const { CompressionCodecs, CompressionTypes } = kafkajs;
  CompressionCodecs[CompressionTypes.GZIP] = () => kafkajsCodec("gzip");
  CompressionCodecs[CompressionTypes.Snappy] = () => kafkajsCodec("snappy");
  CompressionCodecs[CompressionTypes.LZ4] = () => kafkajsCodec("lz4");
  CompressionCodecs[CompressionTypes.ZSTD] = () => kafkajsCodec("zstd");
}

/** A codec as kafkajs wants it. Decompressing throws Error that names the codec and the sizes. */
export function kafkajsCodec(name: CodecName, maxBytes = MAX_BATCH_BYTES) {
  const codec = CODECS[name];
  return {
    compress: ({ buffer }: RecordsEncoder) => codec.compress(buffer),
    async decompress(batch: Buffer): Promise<Buffer> {
      try {
        return await codec.decompress(batch, maxBytes);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(
          `Cannot decompress ${name} batch of ${batch.byteLength} bytes: ${reason}`,
        );
      }
    },
  };
}
