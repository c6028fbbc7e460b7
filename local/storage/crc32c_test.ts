import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { encodeCrc32c, updateCrc32c } from "./crc32c.ts";

test("updateCrc32c() knows the check value of CRC-32C", () => {
  assert.equal(updateCrc32c(0, Buffer.from("123456789")), 0xe3069283);
});

test("updateCrc32c() knows the vectors of RFC 3720, appendix B.4", () => {
  assert.equal(updateCrc32c(0, Buffer.alloc(32)), 0x8a9136aa);
  assert.equal(updateCrc32c(0, Buffer.alloc(32, 0xff)), 0x62a8ab43);
  assert.equal(updateCrc32c(0, Buffer.from(Array.from({ length: 32 }, (_, i) => i))), 0x46dd794e);
});

test("updateCrc32c() has the same result however the bytes are cut", () => {
  const bytes = randomBytes(1_000);
  const whole = updateCrc32c(0, bytes);
  for (const cut of [0, 1, 3, 7, 8, 9, 500, 999, 1_000]) {
    const first = updateCrc32c(0, bytes.subarray(0, cut));
    assert.equal(updateCrc32c(first, bytes.subarray(cut)), whole, `cut at ${cut}`);
  }
});

test("encodeCrc32c() is big-endian base64", () => {
  assert.equal(encodeCrc32c(0xe3069283), "4waSgw==");
  assert.equal(encodeCrc32c(0), "AAAAAA==");
});
