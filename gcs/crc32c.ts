const CASTAGNOLI = 0x82f63b78; // reflected polynomial (RFC 3720, section 12.1)
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const SLICE = 16;
/** 16 tables in one: entry `256 * n + b` is what byte `b` does to the sum when `n` bytes follow it in the same step. */
const TABLES = makeTables();

/** A running CRC32C over sixteen bytes a step. */
export class Crc32c {
  #sum = -1;

  /** Adds the next bytes. */
  update(bytes: Uint8Array): void {
    const t = TABLES;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const whole = bytes.length - bytes.length % SLICE;
    let sum = this.#sum;
    for (let at = 0; at < whole; at += SLICE) {
      const a = sum ^ view.getInt32(at, true);
      const b = view.getInt32(at + 4, true);
      const c = view.getInt32(at + 8, true);
      const d = view.getInt32(at + 12, true);
      // Every index is below 4096, so that none is out of the table.
      sum = t[3840 + (a & 255)]! ^ t[3584 + (a >>> 8 & 255)]! ^
        t[3328 + (a >>> 16 & 255)]! ^
        t[3072 + (a >>> 24)]! ^ t[2816 + (b & 255)]! ^
        t[2560 + (b >>> 8 & 255)]! ^
        t[2304 + (b >>> 16 & 255)]! ^ t[2048 + (b >>> 24)]! ^
        t[1792 + (c & 255)]! ^
        t[1536 + (c >>> 8 & 255)]! ^ t[1280 + (c >>> 16 & 255)]! ^
        t[1024 + (c >>> 24)]! ^
        t[768 + (d & 255)]! ^ t[512 + (d >>> 8 & 255)]! ^
        t[256 + (d >>> 16 & 255)]! ^
        t[d >>> 24]!;
    }
    for (let at = whole; at < bytes.length; at++) {
      sum = sum >>> 8 ^ t[(sum ^ bytes[at]!) & 255]!;
    }
    this.#sum = sum;
  }

  /** The sum so far as Cloud Storage writes it: four bytes, big-endian, in base64 (by hand: React Native may lack `btoa`). */
  digest(): string {
    const value = ~this.#sum >>> 0;
    const sextets = [26, 20, 14, 8, 2].map((shift) => BASE64[value >>> shift & 63]);
    return `${sextets.join("")}${BASE64[value << 4 & 63]}==`;
  }
}

/** The CRC32C of bytes in big-endian base64. */
export function crc32cOf(bytes: Uint8Array): string {
  const sum = new Crc32c();
  sum.update(bytes);
  return sum.digest();
}

function makeTables(): Int32Array {
  const tables = new Int32Array(SLICE * 256);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) {
      value = value & 1 ? value >>> 1 ^ CASTAGNOLI : value >>> 1;
    }
    tables[byte] = value;
  }
  for (let at = 256; at < tables.length; at++) {
    const before = tables[at - 256]!;
    tables[at] = before >>> 8 ^ tables[before & 255]!;
  }
  return tables;
}
