const CASTAGNOLI = 0x82f63b78; // reflected polynomial, RFC 3720 section 12.1
const SLICES = 8;

/** `TABLES[n][b]`: what byte `b` does to the sum when `n` bytes follow it in the same step. */
const TABLES: readonly Uint32Array[] = makeTables();

/** A running CRC32C over eight bytes a step, about ten times the speed of one byte a step. */
export class Crc32c {
  #sum = 0xffffffff;

  update(bytes: Uint8Array): void {
    const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES as Tables;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const whole = bytes.length - bytes.length % SLICES;
    let sum = this.#sum;
    for (let at = 0; at < whole; at += SLICES) {
      const low = sum ^ view.getUint32(at, true);
      const high = view.getUint32(at + 4, true);
      // Every index is a byte, so that none is out of a table's 256 entries.
      sum = t7[low & 0xff]! ^ t6[low >>> 8 & 0xff]! ^ t5[low >>> 16 & 0xff]! ^ t4[low >>> 24]! ^
        t3[high & 0xff]! ^ t2[high >>> 8 & 0xff]! ^ t1[high >>> 16 & 0xff]! ^ t0[high >>> 24]!;
    }
    for (let at = whole; at < bytes.length; at++) sum = sum >>> 8 ^ t0[(sum ^ bytes[at]!) & 0xff]!;
    this.#sum = sum;
  }

  /** Big-endian base64, as Cloud Storage writes it. */
  toString(): string {
    const value = new Uint8Array(4);
    new DataView(value.buffer).setUint32(0, (this.#sum ^ 0xffffffff) >>> 0);
    return btoa(String.fromCharCode(...value));
  }

  /** Whether the sum so far is `value` (big-endian base64). */
  validate(value: { toString(): string }): boolean {
    return value.toString() === this.toString();
  }
}

type Table = Uint32Array;
type Tables = readonly [Table, Table, Table, Table, Table, Table, Table, Table];

function makeTables(): Uint32Array[] {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? value >>> 1 ^ CASTAGNOLI : value >>> 1;
    return value >>> 0;
  });
  const tables = [first];
  while (tables.length < SLICES) {
    const previous = tables.at(-1) ?? first;
    tables.push(previous.map((value) => value >>> 8 ^ (first[value & 0xff] ?? 0)));
  }
  return tables;
}
