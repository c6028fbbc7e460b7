import { uncompress } from "snappy";
import { type Decompress, tooLarge } from "./decompress.ts";

/**
 * snappy-java's framing, which Kafka's Java client writes and reads: magic bytes, two versions, then blocks, each behind
 * its length (github.com/xerial/snappy-java, `SnappyCodec.java`). Other clients write one plain block.
 */
const MAGIC = Buffer.from("82534e4150505900", "hex");
const HEADER_BYTES = MAGIC.byteLength + 8;
const LENGTH_BYTES = 4;
/** A block begins with its uncompressed length: 32 bits, 7 of them in each byte, the lowest first. */
const MAX_VARINT_BYTES = 5;

/** Snappy, plain or in snappy-java's framing. */
export const decompressSnappy: Decompress = async (batch, maxBytes) => {
  const blocks = blocksOf(batch);
  const bytes = blocks.reduce((sum, block) => sum + lengthOf(block), 0);
  if (bytes > maxBytes) throw tooLarge(maxBytes, bytes);
  const parts = await Promise.all(blocks.map((block) => uncompress(block, { asBuffer: true })));
  return Buffer.concat(parts as Buffer[]); // not strings, as asked for
};

function blocksOf(batch: Buffer): Buffer[] {
  if (!batch.subarray(0, MAGIC.byteLength).equals(MAGIC)) return [batch];
  const blocks: Buffer[] = [];
  let offset = HEADER_BYTES;
  while (offset < batch.byteLength) {
    const begin = offset + LENGTH_BYTES;
    const end = begin <= batch.byteLength ? begin + batch.readUInt32BE(offset) : Infinity;
    if (end > batch.byteLength) throw new Error(`its block at byte ${offset} is truncated`);
    blocks.push(batch.subarray(begin, end));
    offset = end;
  }
  return blocks;
}

function lengthOf(block: Buffer): number {
  let length = 0;
  for (const [index, byte] of block.subarray(0, MAX_VARINT_BYTES).entries()) {
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return length;
  }
  throw new Error("a block does not say its length");
}
