import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryObjectStore } from "./memory_object_store.ts";
import { OBJECT_STORE_CONTRACT } from "./object_store_contract.ts";

for (const { name, run } of OBJECT_STORE_CONTRACT) {
  test(`MemoryObjectStore: ${name}`, () => run(new MemoryObjectStore()));
}

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
