import { decompressFrame } from "lz4-napi";
import { type Decompress, tooLarge } from "./decompress.ts";

const MAGIC = 0x184d2204;
const FLAGS_OFFSET = 4;
const BLOCK_SIZE_OFFSET = 5;
const HEADER_BYTES = 7;
const FLAG = { dictionaryId: 1, contentSize: 8, blockChecksum: 16 } as const;
const DICTIONARY_ID_BYTES = 4;
const CONTENT_SIZE_BYTES = 8;
const BLOCK_LENGTH_BYTES = 4;
const CHECKSUM_BYTES = 4;
/** Set in the length of a block that is stored as it is. */
const IS_STORED = 2 ** 31;
/** A frame says how large its blocks may be by one of these numbers. */
const MAX_BLOCK_BYTES: Readonly<Record<number, number>> = {
  4: 64 * 1024,
  5: 256 * 1024,
  6: 1024 * 1024,
  7: 4 * 1024 * 1024,
};
/** A byte of a compressed block stands for at most so many: lengths grow by 255 a byte. */
const MAX_RATIO = 255;

/** LZ4 in its frame format. */
export const decompressLz4: Decompress = async (batch, maxBytes) => {
  const bytes = maxLengthOf(batch);
  if (bytes > maxBytes) throw tooLarge(maxBytes, bytes);
  return await decompressFrame(batch);
};

/**
 * The most bytes that a frame can hold, by the lengths of its blocks: it need not say how many it holds, and what it says
 * need not be true. Throws Error where it is no frame or is truncated (LZ4 Frame Format Description, 1.6.4).
 */
export function maxLengthOf(frame: Buffer): number {
  if (frame.byteLength < HEADER_BYTES || frame.readUInt32LE(0) !== MAGIC) {
    throw new Error("it is no LZ4 frame");
  }
  const flags = frame.readUInt8(FLAGS_OFFSET);
  const maxBlockBytes = MAX_BLOCK_BYTES[frame.readUInt8(BLOCK_SIZE_OFFSET) >> 4];
  if (maxBlockBytes === undefined) throw new Error("its frame does not say the size of its blocks");
  const has = (flag: number) => (flags & flag) !== 0;
  const checksumBytes = has(FLAG.blockChecksum) ? CHECKSUM_BYTES : 0;
  let offset = HEADER_BYTES +
    (has(FLAG.contentSize) ? CONTENT_SIZE_BYTES : 0) +
    (has(FLAG.dictionaryId) ? DICTIONARY_ID_BYTES : 0);
  let bytes = 0;
  while (offset + BLOCK_LENGTH_BYTES <= frame.byteLength) {
    const word = frame.readUInt32LE(offset);
    if (word === 0) return bytes;
    const isStored = word >= IS_STORED;
    const length = isStored ? word - IS_STORED : word;
    bytes += isStored ? length : Math.min(maxBlockBytes, length * MAX_RATIO);
    offset += BLOCK_LENGTH_BYTES + length + checksumBytes;
  }
  throw new Error("its frame is truncated");
}
