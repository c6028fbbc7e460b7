const CASTAGNOLI = 0x82f63b78; // reflected polynomial (RFC 3720, section 12.1)
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** Remainders of a byte that 0 to 3 others follow, so that four bytes take four look-ups and no chain of shifts. */
const TABLES = tables();

/** CRC32C of bytes that come in parts. */
export class Crc32c {
  #sum = -1;

  /** Takes the next part. */
  update(bytes: Uint8Array): void {
    const [t0, t1, t2, t3] = TABLES;
    let sum = this.#sum;
    let at = 0;
    for (const end = bytes.length - 3; at < end; at += 4) {
      sum ^= byteAt(bytes, at) | byteAt(bytes, at + 1) << 8 | byteAt(bytes, at + 2) << 16 |
        byteAt(bytes, at + 3) << 24;
      sum = entry(t3, sum) ^ entry(t2, sum >>> 8) ^ entry(t1, sum >>> 16) ^ entry(t0, sum >>> 24);
    }
    for (; at < bytes.length; at++) sum = sum >>> 8 ^ entry(t0, sum ^ byteAt(bytes, at));
    this.#sum = sum;
  }

  /** The sum as Cloud Storage writes it: four bytes, big-endian, in base64. */
  digest(): string {
    const value = ~this.#sum >>> 0;
    const sextets = [26, 20, 14, 8, 2].map((shift) => BASE64[value >>> shift & 63]);
    return `${sextets.join("")}${BASE64[value << 4 & 63]}==`;
  }
}

function tables(): readonly [Int32Array, Int32Array, Int32Array, Int32Array] {
  const t0 = Int32Array.from({ length: 256 }, (_, byte) => remainderOf(byte));
  const next = (table: Int32Array) => table.map((value) => value >>> 8 ^ entry(t0, value));
  const t1 = next(t0);
  const t2 = next(t1);
  return [t0, t1, t2, next(t2)];
}

function remainderOf(byte: number): number {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? value >>> 1 ^ CASTAGNOLI : value >>> 1;
  return value;
}

function entry(table: Int32Array, value: number): number {
  return table[value & 0xff] ?? 0;
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}
