import assert from "node:assert/strict";
import { test } from "node:test";
import { Crc32c, crc32cOf } from "./crc32c.ts";

const BYTES = Uint8Array.from({ length: 1_003 }, (_, at) => at * 31 ^ at >> 3);

/** The check value of CRC-32C, and the vectors of RFC 3720, appendix B.4. */
const VECTORS: readonly (readonly [string, Uint8Array, number])[] = [
  ["nothing", new Uint8Array(), 0],
  ["123456789", new TextEncoder().encode("123456789"), 0xe3069283],
  ["32 zeros", new Uint8Array(32), 0x8a9136aa],
  ["32 bytes of 0xff", new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ["0 to 31", Uint8Array.from({ length: 32 }, (_, byte) => byte), 0x46dd794e],
];

for (const [what, bytes, sum] of VECTORS) {
  test(`crc32cOf() knows ${what}`, () => assert.equal(crc32cOf(bytes), base64Of(sum)));
}

test("crc32cOf() agrees with the polynomial bit by bit, at every length and offset", () => {
  for (const offset of [0, 1, 3]) {
    for (const length of [0, 1, 7, 8, 15, 16, 17, 64, 999]) {
      const part = BYTES.subarray(offset, offset + length);
      assert.equal(crc32cOf(part), base64Of(slowCrc32c(part)), `${offset}+${length}`);
    }
  }
});

test("Crc32c is the same however the bytes are cut", () => {
  for (const cut of [0, 1, 3, 7, 8, 9, 15, 16, 17, 500, 999, 1_003]) {
    const sum = new Crc32c();
    sum.update(BYTES.subarray(0, cut));
    sum.update(BYTES.subarray(cut));
    assert.equal(sum.digest(), crc32cOf(BYTES), `cut at ${cut}`);
  }
});

/** Bit by bit, as the polynomial is defined (RFC 3720, section 12.1). */
function slowCrc32c(bytes: Uint8Array): number {
  let sum = -1;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? sum >>> 1 ^ 0x82f63b78 : sum >>> 1;
  }
  return ~sum >>> 0;
}

function base64Of(sum: number): string {
  return btoa(String.fromCharCode(...[24, 16, 8, 0].map((shift) => sum >>> shift & 0xff)));
}
