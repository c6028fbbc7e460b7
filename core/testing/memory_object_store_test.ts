import assert from "node:assert/strict";
import { test } from "node:test";
import { manifestName } from "../model/object_name.ts";
import { MemoryObjectStore } from "./memory_object_store.ts";
import { pageOf } from "./_memory_listing.ts";
import { OBJECT_STORE_CONTRACT } from "./object_store_contract.ts";
import { sampleRef } from "./sample_row.ts";

for (const { name, run } of OBJECT_STORE_CONTRACT) {
  test(`MemoryObjectStore: ${name}`, () => run(new MemoryObjectStore()));
}

test("MemoryObjectStore takes its time from the clock and runs what is put before an operation", async () => {
  const name = manifestName(sampleRef());
  const seen: string[] = [];
  const store = new MemoryObjectStore({
    clock: { now: () => 1234 },
    before: (operation, of) => void seen.push(`${operation} ${of}`),
  });
  await store.create(name, new Uint8Array(1), { contentType: "image/png", customTimeMs: 0 });
  assert.equal((await store.stat(name))?.createdMs, 1234);
  assert.deepEqual(seen, [`create ${name}`, `stat ${name}`]);
  assert.deepEqual(store.names(), [name]);
});

test("pageOf() orders by UTF-8 bytes, where UTF-16 would differ", () => {
  const facts = ["\u{1f600}", "\uffee"].map((name) => ({
    name,
    generation: "1",
    size: 0,
    contentType: undefined,
    customTimeMs: undefined,
    createdMs: 0,
    crc32c: undefined,
    metadata: {},
  }));
  const page = pageOf(facts, { prefix: "" });
  assert.deepEqual(page.objects.map(({ name }) => name), ["\uffee", "\u{1f600}"]);
});
