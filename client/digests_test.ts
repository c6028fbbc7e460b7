import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { crc32cOf } from "@tintype/gcs/crc32c";
import { fileOf } from "./_testing.ts";
import { digestsOf, hashOf } from "./digests.ts";
import { partsOf } from "./upload_source.ts";

const MIB = 1024 * 1024;

test("digestsOf() gives the check values of RFC 3720 and FIPS 180-4", async () => {
  const nine = partsOf(new Blob(["123456789"]));
  assert.equal((await digestsOf(nine)).crc32c, btoa("\xe3\x06\x92\x83"));
  assert.deepEqual(await digestsOf(partsOf(new Blob([]))), {
    sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    crc32c: "AAAAAA==",
  });
});

test("digestsOf() reads each byte once: a photograph whole, a larger file in parts of a megabyte", async () => {
  for (
    const [size, mostBytes] of [[5, 5], [2 * MIB + 3, 2 * MIB + 3], [8 * MIB + 5, MIB]] as const
  ) {
    const file = fileOf(size);
    const parts = partsOf(file);
    const reads: number[] = [];
    const read = (start: number, end: number) => {
      reads.push(end - start);
      return parts.read(start, end);
    };
    const { sha256, crc32c } = await digestsOf({ size, read });
    const bytes = new Uint8Array(await file.arrayBuffer());
    const whole = createHash("sha256").update(bytes).digest("hex");
    assert.equal(sha256, size > 8 * MIB ? undefined : whole);
    assert.equal(crc32c, crc32cOf(bytes));
    assert.equal(reads.reduce((sum, length) => sum + length, 0), size);
    assert.equal(Math.max(...reads), mostBytes);
  }
});

test("digestsOf() stops reading when it is aborted", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  let reads = 0;
  const read = (start: number, end: number) => {
    reads++;
    controller.abort(reason);
    return Promise.resolve(new Uint8Array(end - start));
  };
  await assert.rejects(digestsOf({ size: 20 * MIB, read }, controller.signal), reason);
  assert.equal(reads, 1);
});

test("digests and hashes do without Web Crypto", async () => {
  const { crypto } = globalThis;
  Object.defineProperty(globalThis, "crypto", { value: undefined, configurable: true });
  try {
    assert.deepEqual(await digestsOf(partsOf(new Blob([]))), { crc32c: "AAAAAA==" });
    // The check value of CRC-32C (RFC 3720, B.4 has others).
    assert.equal(await hashOf(new TextEncoder().encode("123456789")), "4waSgw==");
  } finally {
    Object.defineProperty(globalThis, "crypto", { value: crypto, configurable: true });
  }
});
