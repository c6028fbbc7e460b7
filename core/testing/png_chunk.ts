import { be, bytesOf } from "./headers.ts";

/** A PNG chunk with its checksum, as decoders want it. */
export function pngChunk(
  type: string,
  ...payload: readonly (number | string | ArrayLike<number>)[]
) {
  const body = bytesOf(type, ...payload);
  return bytesOf(be(body.length - 4, 4), body, be(crc32(body), 4));
}

/** CRC-32 (PNG, annex D). */
function crc32(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) {
      sum = (sum & 1) === 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
    }
  }
  return (sum ^ 0xffffffff) >>> 0;
}
