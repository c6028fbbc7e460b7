/** Decompresses the records of one batch; throws where it is corrupt or holds more than `maxBytes`. */
export type Decompress = (batch: Buffer, maxBytes: number) => Promise<Buffer>;

/** Why a batch is not decompressed: it holds more than it may. */
export function tooLarge(maxBytes: number, bytes: number | "more"): Error {
  return new Error(`it must hold at most ${maxBytes} bytes (got ${bytes})`);
}
