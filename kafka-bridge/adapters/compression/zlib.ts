import { promisify } from "node:util";
import { gunzip, zstdDecompress } from "node:zlib";
import { type Decompress, tooLarge } from "./decompress.ts";

type Bounded = (batch: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

/** gzip. */
export const decompressGzip = bounded(promisify(gunzip));

/** Zstandard. */
export const decompressZstd = bounded(promisify(zstdDecompress));

function bounded(decompress: Bounded): Decompress {
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
