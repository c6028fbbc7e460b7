import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryRowSink } from "./memory_row_sink.ts";
import { BUFFERED_ROW_SINK_CONTRACT, ROW_SINK_CONTRACT } from "./row_sink_contract.ts";
import { sampleRef, sampleRow } from "./sample_row.ts";

for (const { name, run } of ROW_SINK_CONTRACT) {
  test(`MemoryRowSink: ${name}`, () => run(new MemoryRowSink()));
}

for (const { name, run } of BUFFERED_ROW_SINK_CONTRACT) {
  test(`MemoryRowSink with a buffer: ${name}`, () => run(new MemoryRowSink({ bufferMs: 60_000 })));
}

test("MemoryRowSink lets a row be removed once its buffer is over", async () => {
  let nowMs = 1_000;
  const sink = new MemoryRowSink({ bufferMs: 500, clock: { now: () => nowMs } });
  const ref = sampleRef();
  await sink.append(sampleRow(ref));
  assert.deepEqual(await sink.remove(ref), { state: "buffered" });
  nowMs += 500;
  assert.deepEqual(await sink.remove(ref), { state: "removed", rows: 1 });
  assert.deepEqual(sink.rows(), []);
});
