import assert from "node:assert/strict";
import { test } from "node:test";
import { MULTIPLE } from "./_testing.ts";
import { ChunkSize } from "./chunk_size.ts";

const MIB = 1024 * 1024;

test("ChunkSize goes to about two seconds of the measured speed, in multiples, and not beyond its bounds", () => {
  const chunks = new ChunkSize({ multiple: MULTIPLE });
  assert.equal(chunks.bytes, MULTIPLE);
  assert.equal(new ChunkSize({ multiple: 1 }).bytes, 256 * 1024);
  chunks.took(MULTIPLE, 25);
  assert.equal(chunks.bytes, 4 * MULTIPLE); // four times, not the twenty that one quick chunk says
  for (let sent = 0; sent < 10; sent++) chunks.took(chunks.bytes, chunks.bytes / MIB * 100);
  assert.equal(chunks.bytes, 20 * MIB);
  for (let sent = 0; sent < 10; sent++) chunks.took(chunks.bytes, 1);
  assert.equal(chunks.bytes, 32 * MIB);
  for (let sent = 0; sent < 20; sent++) chunks.took(chunks.bytes, 1_000_000);
  assert.equal(chunks.bytes, MULTIPLE);
  assert.equal(chunks.bytes % MULTIPLE, 0);
});

test("ChunkSize halves after a loss, down to one multiple", () => {
  const chunks = new ChunkSize({ multiple: MULTIPLE });
  chunks.took(MULTIPLE, 25);
  chunks.lost();
  assert.equal(chunks.bytes, MIB / 2);
  for (let losses = 0; losses < 9; losses++) chunks.lost();
  assert.equal(chunks.bytes, MULTIPLE);
});

test("ChunkSize stays where it is fixed, and still measures", () => {
  const chunks = new ChunkSize({ multiple: MULTIPLE, fixedBytes: 3 * MULTIPLE - 1 });
  assert.equal(chunks.bytesPerSecond, undefined);
  chunks.took(MIB, 500);
  chunks.lost();
  assert.equal(chunks.bytes, 2 * MULTIPLE);
  assert.equal(chunks.bytesPerSecond, 2 * MIB);
  assert.equal(new ChunkSize({ multiple: MULTIPLE, fixedBytes: 1 }).bytes, MULTIPLE);
});
