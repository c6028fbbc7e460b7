import assert from "node:assert/strict";
import { test } from "node:test";
import { DAY_MS } from "../model/utc_day.ts";
import type { ListQuery } from "../ports/object_store.ts";
import { MemoryObjectStore } from "../testing/memory_object_store.ts";
import { NOON_MS } from "../testing/test_world.ts";
import {
  countForeign,
  dayPrefixes,
  forEachObject,
  type ImageBucket,
  keptDays,
  partsOf,
  shardPrefixes,
} from "./shards.ts";

/** A store with these names, listed in pages of two. */
async function storeOf(names: readonly string[]) {
  const store = new MemoryObjectStore();
  for (const name of names) await store.put(name);
  return { list: (query: ListQuery) => store.list({ ...query, maxResults: 2 }) };
}

test("forEachObject() visits every name of a bucket's shards once, those of the erasures' folders too", async () => {
  const shards = ["a", "m", "7"];
  const images = shards.flatMap((shard) => [`${shard}/1`, `${shard}/2`, `${shard}/3`]);
  const folders = shards.flatMap((shard) => [`erased/${shard}/1`, `erasing/${shard}/1`]);
  const store = await storeOf([...images, ...folders, "1/x"]);
  const all = { processed: [...images, ...folders], raw: images, erasures: images };
  for (const [bucket, expected] of Object.entries(all) as [ImageBucket, string[]][]) {
    const seen: string[] = [];
    await forEachObject(store, bucket, ({ name }) => void seen.push(name));
    assert.deepEqual(seen.toSorted(), expected.toSorted());
  }
});

test("countForeign() counts what is in no shard, each folder once", async () => {
  const ours = ["a/1", "7/x"];
  const strange = ["1/x", "1/y", "aa/x", "readme.txt", "é", "A/x"];
  const known = ["erased/a/x", "erasing/7/x", "repairs/a"];
  const folders = [...known, "erased/x", "erased/aa/x", "erasing/x"];
  const store = await storeOf([...ours, ...strange, ...folders]);
  assert.equal(await countForeign(store, "raw"), strange.length - 1 + 3);
  assert.equal(await countForeign(store, "processed"), strange.length - 1 + 3);
});

test("shardPrefixes() and dayPrefixes() are of all 32 shards, or of those that are named", () => {
  assert.deepEqual([shardPrefixes("raw").length, shardPrefixes("processed").length], [32, 96]);
  assert.deepEqual(shardPrefixes("processed", ["a"]), ["a/", "erased/a/", "erasing/a/"]);
  assert.equal(dayPrefixes("2026-03-14").length, 32);
  assert.deepEqual(dayPrefixes("2026-03-14", ["a", "7"]), ["a/2026-03-14/", "7/2026-03-14/"]);
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

test("partsOf() gives every shard to exactly one part, and no part is empty", () => {
  for (const count of [1, 3, 8, 31, 32, 40]) {
    const parts = partsOf(count);
    assert.deepEqual(parts.flat(), partsOf(1)[0]);
    assert.equal(parts.length, Math.min(count, 32));
    const sizes = parts.map(({ length }) => length);
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `${count}: ${sizes}`);
  }
});
