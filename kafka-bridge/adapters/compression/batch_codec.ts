/** Compresses and decompresses the records of one batch. */
export interface BatchCodec {
  compress(records: Buffer): Promise<Buffer>;
  /** Throws where the batch is corrupt or holds more than `maxBytes`. */
  decompress(batch: Buffer, maxBytes: number): Promise<Buffer>;
}

/** Why a batch is not decompressed: it holds more than it may. */
export function tooLarge(maxBytes: number, bytes: number | "more"): Error {
  return new Error(`it must hold at most ${maxBytes} bytes (got ${bytes})`);
}
