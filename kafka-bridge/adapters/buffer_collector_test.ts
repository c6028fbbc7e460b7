import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { bufferCollector } from "./buffer_collector.ts";

const MIB = 1024 * 1024;

test("bufferCollector() frees dead buffers when all have more than its limit, and keeps those in use", () => {
  const kept = Buffer.alloc(4 * MIB, 1);
  const collect = bufferCollector(32 * MIB);
  for (let count = 0; count < 256; count++) {
    Buffer.alloc(MIB);
    collect();
    const { arrayBuffers } = process.memoryUsage();
    assert.ok(arrayBuffers < 40 * MIB, `${arrayBuffers} bytes`);
  }
  assert.equal(kept[MIB], 1);
});
