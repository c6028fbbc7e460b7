import assert from "node:assert/strict";
import { test } from "node:test";
import { manifestName } from "../model/object_name.ts";
import { MemoryObjectStore } from "./memory_object_store.ts";
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

test("MemoryObjectStore lists in the order of UTF-8 bytes, where UTF-16 would differ", async () => {
  const store = new MemoryObjectStore();
  for (const name of ["\u{1f600}", "\uffee"]) await store.put(name);
  const { objects } = await store.list({ prefix: "" });
  assert.deepEqual(objects.map(({ name }) => name), ["\uffee", "\u{1f600}"]);
});

test("MemoryObjectStore pages what was added, removed and added again between two pages", async () => {
  const store = new MemoryObjectStore();
  for (const name of ["a/1", "a/2", "b", "c/1", "c/2", "c/3", "d"]) await store.put(name);
  const query = { prefix: "", delimiter: "/", maxResults: 2 } as const;
  const first = await store.list(query);
  assert.deepEqual([first.prefixes, first.objects.map(({ name }) => name)], [["a/"], ["b"]]);
  const [d = assert.fail()] = (await store.list({ prefix: "d" })).objects;
  await store.remove("d", { generation: d.generation });
  for (const name of ["aa", "bb", "d"]) await store.put(name);
  const second = await store.list({ ...query, pageToken: first.nextPageToken ?? "" });
  assert.deepEqual([second.prefixes, second.objects.map(({ name }) => name)], [["c/"], ["bb"]]);
  const third = await store.list({ ...query, pageToken: second.nextPageToken ?? "" });
  assert.deepEqual(third.objects.map(({ name }) => name), ["d"]);
  assert.equal(third.nextPageToken, undefined);
});
