import assert from "node:assert/strict";
import { test } from "node:test";
import type { ListQuery } from "../ports/object_store.ts";
import { MemoryObjectStore } from "../testing/memory_object_store.ts";
import { NOON_MS } from "../testing/test_world.ts";
import { walkNames } from "../listing.ts";
import { keptDays, listDays } from "./day_folders.ts";

const DAY_MS = 86_400_000;

/** A store with these names, listed in pages of two. */
async function storeOf(names: readonly string[]) {
  const store = new MemoryObjectStore();
  for (const name of names) await store.put(name);
  return { list: (query: ListQuery) => store.list({ ...query, maxResults: 2 }) };
}

test("walkNames() walks every page below a prefix", async () => {
  const store = await storeOf(["a/1", "a/2", "a/3", "a/4", "a/5", "b/1"]);
  const seen: string[] = [];
  for await (const { name } of walkNames(store, { prefix: "a/" })) seen.push(name);
  assert.deepEqual(seen, ["a/1", "a/2", "a/3", "a/4", "a/5"]);
});

test("listDays() finds days over several pages and counts what is not ours", async () => {
  const names = [
    "2026-03-01/x",
    "2026-03-02/y/z",
    "2026-03-03/y",
    "2026-3-4/y",
    "erase/2026-03-01/x",
    "readme.txt",
    "tmp/x",
  ];
  const top = await listDays(await storeOf(names), "", { known: ["erase/"] });
  const days = ["2026-03-01", "2026-03-02", "2026-03-03"];
  assert.deepEqual(top.days, days.map((day) => ({ day, prefix: `${day}/` })));
  assert.equal(top.foreign, 3);
});

test("listDays() finds the days of a folder", async () => {
  const names = ["erase/2026-03-01/x", "erase/2026-03-02/x", "erase/odd", "erased/2026-03-03/x"];
  const days = ["2026-03-01", "2026-03-02"].map((day) => ({ day, prefix: `erase/${day}/` }));
  assert.deepEqual(await listDays(await storeOf(names), "erase/", {}), { days, foreign: 1 });
});

test("keptDays() are all that can hold kept names, oldest first, the next one when midnight is near", () => {
  assert.deepEqual(
    keptDays(NOON_MS, 7 * DAY_MS),
    ["07", "08", "09", "10", "11", "12", "13", "14"].map((day) => `2026-03-${day}`),
  );
  const nearMidnight = Date.UTC(2026, 2, 14, 23, 59, 55);
  assert.deepEqual(keptDays(nearMidnight, 60_000), ["2026-03-14", "2026-03-15"]);
  assert.deepEqual(keptDays(Date.UTC(2026, 2, 14, 0, 0, 30), 60_000), ["2026-03-13", "2026-03-14"]);
});
