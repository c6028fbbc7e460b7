import { promisify } from "node:util";
import { gunzip, gzip, zstdCompress, zstdDecompress } from "node:zlib";
import { type BatchCodec, tooLarge } from "./batch_codec.ts";

type Decompress = (
  batch: Buffer,
  options: { readonly maxOutputLength: number },
) => Promise<Buffer>;

/** gzip; the client library's own has no bound. */
export const gzipCodec: BatchCodec = {
  compress: promisify<Buffer, Buffer>(gzip),
  decompress: bounded(promisify(gunzip)),
};

/** Zstandard. */
export const zstdCodec: BatchCodec = {
  compress: promisify<Buffer, Buffer>(zstdCompress),
  decompress: bounded(promisify(zstdDecompress)),
};

function bounded(decompress: Decompress): BatchCodec["decompress"] {
  return async (batch, maxBytes) => {
    try {
      return await decompress(batch, { maxOutputLength: maxBytes });
    } catch (error) {
      const isTooLarge = error instanceof Error && "code" in error &&
        error.code === "ERR_BUFFER_TOO_LARGE";
      throw isTooLarge ? tooLarge(maxBytes, "more") : error;
    }
  };
}
