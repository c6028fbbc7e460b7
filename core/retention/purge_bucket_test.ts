import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../errors.ts";
import { t0OfImageId } from "../model/image_id.ts";
import {
  manifestName,
  markerName,
  rawName,
  receiptName,
  renditionName,
} from "../model/object_name.ts";
import { MemoryObjectStore } from "../testing/memory_object_store.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS } from "../testing/test_world.ts";
import { RETENTION_POLICY } from "./policy.ts";
import { purgeBucket, type PurgeBucketPorts } from "./purge_bucket.ts";

const DAY_MS = 86_400_000;
const { periodMs, graceMs } = RETENTION_POLICY;
const expired = sampleRef(NOON_MS - periodMs);
const kept = sampleRef(NOON_MS - periodMs + 1);

async function put(store: MemoryObjectStore, ...names: readonly string[]) {
  for (const name of names) await store.put(name, new Uint8Array(10));
}

const purge = (
  store: PurgeBucketPorts,
  bucket: "raw" | "processed" = "raw",
  signal?: AbortSignal,
) => purgeBucket(store, { bucket, nowMs: NOON_MS, policy: RETENTION_POLICY, signal });

/** The same store, whose removals end otherwise. */
const removing = (store: MemoryObjectStore, remove: PurgeBucketPorts["remove"]) => ({
  list: store.list.bind(store),
  remove,
});

test("purgeBucket() removes an image at its period's end and not a millisecond before", async () => {
  const store = new MemoryObjectStore();
  await put(store, rawName(expired), rawName(kept));
  assert.deepEqual(await purge(store), {
    complete: true,
    lookedAt: 2,
    deleted: 1,
    deletedBytes: 10,
    overdue: 0,
    foreign: 0,
    oldestT0Ms: t0OfImageId(kept.imageId),
    refusal: undefined,
  });
  assert.deepEqual(store.names(), [rawName(kept)]);
});

test("purgeBucket() removes markers and receipts as it removes images", async () => {
  const raw = new MemoryObjectStore();
  await put(raw, markerName(expired), markerName(kept));
  await purge(raw);
  assert.deepEqual(raw.names(), [markerName(kept)]);
  const processed = new MemoryObjectStore();
  const all = (ref: typeof expired) => [
    manifestName(ref),
    renditionName(ref, "thumb", "webp"),
    receiptName(ref),
  ];
  await put(processed, ...all(expired), ...all(kept));
  assert.equal((await purge(processed, "processed")).deleted, 3);
  assert.deepEqual(processed.names(), all(kept).toSorted());
});

test("purgeBucket() removes everything of days that are long over", async () => {
  const store = new MemoryObjectStore();
  const refs = [8, 9, 40, 4000].map((days) => sampleRef(NOON_MS - days * DAY_MS));
  await put(store, ...refs.map(rawName), ...refs.map(markerName));
  const { deleted, oldestT0Ms } = await purge(store);
  assert.deepEqual([deleted, oldestT0Ms, store.names()], [8, undefined, []]);
});

test("purgeBucket() counts names that are not ours and leaves them", async () => {
  const store = new MemoryObjectStore();
  const foreign = [
    "readme.txt",
    "tmp/a",
    "2020-01-01/acme/x",
    "erase/2020-01-01/x",
    "erase/odd/x",
    "erased/2020-01-01/x",
    rawName(expired).replace(/^[^/]+/, "2020-01-02"),
  ];
  await put(store, ...foreign, rawName(expired));
  const outcome = await purge(store);
  assert.deepEqual([outcome.foreign, outcome.deleted], [foreign.length, 1]);
  assert.deepEqual(store.names(), foreign.toSorted());
});

test("purgeBucket() tells the oldest T0 that is left, of images and of markers", async () => {
  const [older, newer] = [sampleRef(NOON_MS - 3 * DAY_MS), sampleRef(NOON_MS - DAY_MS)];
  const images = new MemoryObjectStore();
  await put(images, rawName(older), rawName(newer), markerName(newer));
  assert.equal((await purge(images)).oldestT0Ms, NOON_MS - 3 * DAY_MS);
  const markers = new MemoryObjectStore();
  await put(markers, rawName(newer), markerName(older));
  assert.equal((await purge(markers)).oldestT0Ms, NOON_MS - 3 * DAY_MS);
});

test("purgeBucket() tells a marker's T0 where an image of the same day is younger", async () => {
  const morning = sampleRef(Date.UTC(2026, 2, 11, 6));
  const store = new MemoryObjectStore();
  await put(store, rawName(sampleRef(Date.UTC(2026, 2, 11, 18))), markerName(morning));
  assert.equal((await purge(store)).oldestT0Ms, t0OfImageId(morning.imageId));
});

test("purgeBucket() goes on behind an old object that it cannot remove", async () => {
  const store = new MemoryObjectStore();
  const [stuck, other] = [sampleRef(NOON_MS - 9 * DAY_MS), sampleRef(NOON_MS - 8 * DAY_MS)];
  await put(store, rawName(stuck), rawName(other));
  const holding = removing(
    store,
    async (name, options) => name !== rawName(stuck) && await store.remove(name, options),
  );
  const { deleted, overdue } = await purge(holding);
  assert.deepEqual([deleted, overdue, store.names()], [1, 1, [rawName(stuck)]]);
});

test("purgeBucket() goes on behind objects that the store refuses to remove, and tells why", async () => {
  const store = new MemoryObjectStore();
  const refs = Array.from({ length: 30 }, (_, n) => sampleRef(NOON_MS - 9 * DAY_MS + n));
  const last = sampleRef(NOON_MS - periodMs);
  await put(store, ...refs.map(rawName), rawName(last));
  const held = new Set<string>(refs.slice(0, 20).map(rawName));
  const holding = removing(store, async (name, options) => {
    if (held.has(name)) throw new AppError("internal", "Cannot remove object: it answered 403");
    return await store.remove(name, options);
  });
  const { complete, deleted, overdue, refusal } = await purge(holding);
  assert.deepEqual([complete, deleted, overdue], [true, 11, 20]);
  assert.match(String(refusal), /403/);
  assert.deepEqual(store.names(), [...held].toSorted());
});

test("purgeBucket() does not look into days that can hold nothing expired once the oldest is known", async () => {
  const looked: string[] = [];
  const store = new MemoryObjectStore({
    before: (operation, name) => void (operation === "list" && looked.push(name)),
  });
  const refs = [6, 5, 4, 3].map((days) => sampleRef(NOON_MS - days * DAY_MS));
  await put(store, ...refs.map(rawName));
  await purge(store);
  assert.deepEqual(looked, ["", "erase/", "2026-03-08/"]);
});

test("purgeBucket() counts what is more than the grace over its time and cannot be removed", async () => {
  const store = new MemoryObjectStore();
  const refs = [graceMs + 1, graceMs, 0].map((overMs) => sampleRef(NOON_MS - periodMs - overMs));
  await put(store, ...refs.map(rawName));
  const outcome = await purge(removing(store, () => Promise.resolve(false)));
  assert.deepEqual([outcome.deleted, outcome.overdue], [0, 1]);
  assert.equal(outcome.oldestT0Ms, NOON_MS - periodMs - graceMs - 1);
});

test("purgeBucket() does not count what another sweep removed first", async () => {
  const store = new MemoryObjectStore();
  await put(store, rawName(expired), rawName(kept));
  const outcome = await purge(removing(store, async (name, options) => {
    await store.remove(name, options);
    return await store.remove(name, options);
  }));
  assert.deepEqual([outcome.deleted, outcome.overdue], [0, 0]);
  assert.equal(outcome.oldestT0Ms, t0OfImageId(kept.imageId));
});

test("purgeBucket() that is cut says that it is not complete and keeps what it has done", async () => {
  const cut = new AbortController();
  const store = new MemoryObjectStore({
    after: (operation) => void (operation === "remove" && cut.abort()),
  });
  const refs = [9, 8].map((days) => sampleRef(NOON_MS - days * DAY_MS));
  await put(store, ...refs.map(rawName));
  const outcome = await purge(store, "raw", cut.signal);
  assert.deepEqual([outcome.complete, outcome.deleted], [false, 1]);
  assert.equal(store.names().length, 1);
  assert.deepEqual((await purge(store)).complete, true);
  assert.deepEqual(store.names(), []);
});
