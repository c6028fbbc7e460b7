import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../errors.ts";
import { t0OfImageId } from "../model/image_id.ts";
import {
  erasingName,
  type ImageRef,
  manifestName,
  rawName,
  receiptName,
  renditionName,
  SHARDS,
} from "../model/object_name.ts";
import { parseOwner } from "../model/owner.ts";
import { DAY_MS } from "../model/utc_day.ts";
import { MemoryObjectStore } from "../testing/memory_object_store.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS } from "../testing/test_world.ts";
import { RETENTION_POLICY } from "./policy.ts";
import { purgeBucket, type PurgeBucketPorts, type Refusal } from "./purge_bucket.ts";
import type { ImageBucket } from "./shards.ts";

const { periodMs, graceMs } = RETENTION_POLICY;
const expired = sampleRef(NOON_MS - periodMs);
const kept = sampleRef(NOON_MS - periodMs + 1);

/** An image in the shard of a character. */
const inShard = (shard: string, t0Ms: number): ImageRef => (
  { ...sampleRef(t0Ms), owner: parseOwner(shard.repeat(20)) }
);

async function put(store: MemoryObjectStore, ...names: readonly string[]) {
  for (const name of names) await store.put(name, new Uint8Array(10));
}

const purge = (store: PurgeBucketPorts, bucket: ImageBucket = "raw", signal?: AbortSignal) =>
  purgeBucket(store, { bucket, nowMs: NOON_MS, policy: RETENTION_POLICY, signal });

const NAMES: Readonly<Record<ImageBucket, readonly ((ref: ImageRef) => string)[]>> = {
  raw: [rawName],
  erasures: [rawName],
  processed: [manifestName, (ref) => renditionName(ref, "thumb", "webp"), receiptName, erasingName],
};

for (const [bucket, namesOf] of Object.entries(NAMES) as [ImageBucket, typeof NAMES["raw"]][]) {
  const all = (ref: ImageRef) => namesOf.map((nameOf) => nameOf(ref));

  test(`purgeBucket() removes all that is due of the ${bucket} bucket and nothing else, in every shard`, async () => {
    const store = new MemoryObjectStore();
    const due = SHARDS.map((shard) => inShard(shard, NOON_MS - periodMs));
    const later = SHARDS.map((shard) => inShard(shard, NOON_MS - periodMs + 1));
    const long = [8, 9, 40, 4000].map((days) => sampleRef(NOON_MS - days * DAY_MS));
    await put(store, ...[...due, ...later, ...long].flatMap(all));
    const deleted = (due.length + long.length) * namesOf.length;
    const lookedAt = deleted + later.length * namesOf.length;
    assert.deepEqual(await purge(store, bucket), {
      ...{ complete: true, lookedAt, deleted, deletedBytes: 10 * deleted, overdue: 0, foreign: 0 },
      ...{ refused: 0, oldestT0Ms: NOON_MS - periodMs + 1 },
    });
    assert.deepEqual(store.names(), later.flatMap(all).toSorted());
  });

  test(`purgeBucket() returns the oldest T0 that is left in the ${bucket} bucket, whatever has it`, async () => {
    for (const nameOf of namesOf) {
      const store = new MemoryObjectStore();
      const [oldest, ...newer] = [3, 2, 1].map((days) =>
        inShard("abz".charAt(days - 1), NOON_MS - days * DAY_MS)
      );
      await put(store, ...newer.flatMap(all), nameOf(oldest ?? assert.fail()));
      await put(store, nameOf(inShard("a", NOON_MS - periodMs)));
      for (const deleted of [1, 0]) {
        const outcome = await purge(store, bucket);
        assert.deepEqual([outcome.oldestT0Ms, outcome.deleted], [NOON_MS - 3 * DAY_MS, deleted]);
      }
    }
  });
}

test("purgeBucket() counts names that are not ours, or that no source can have made yet, and leaves them", async () => {
  const store = new MemoryObjectStore();
  await put(store, rawName(sampleRef(NOON_MS + 30 * DAY_MS)));
  const ahead = await purge(store);
  assert.deepEqual([ahead.foreign, ahead.deleted, ahead.oldestT0Ms], [1, 0, null]);
  const foreign = [
    ...["readme.txt", "tmp/a", "2026-03-14/acme/x", "a/2020-01-01/acme/x", "b/1"],
    rawName(expired).replace(/\d{4}-\d\d-\d\d/, "2020-01-02"),
    rawName(expired).replace(/^a/, "b"),
  ];
  await put(store, ...foreign, rawName(expired), rawName(sampleRef(NOON_MS - DAY_MS)));
  const { foreign: found, deleted, lookedAt } = await purge(store);
  // Three lie in no shard.
  assert.deepEqual([found, deleted, lookedAt], [foreign.length, 1, foreign.length - 3 + 2]);
  assert.equal(store.names().length, foreign.length + 2);
});

for (const [what, refused] of [["one", 1], ["some", 20], ["every", 231]] as const) {
  test(`purgeBucket() that is refused ${what} removal goes on behind it, and counts all that is overdue`, async () => {
    const held = new Set<string>();
    const store = new MemoryObjectStore({
      before(operation, name) {
        if (operation !== "remove" || !held.has(name)) return;
        throw new AppError("internal", "Cannot remove object: it responded with 403");
      },
    });
    const refs = Array.from({ length: 230 }, (_, n) => sampleRef(NOON_MS - 9 * DAY_MS + n));
    const names = [...refs, sampleRef(NOON_MS - periodMs)].map(rawName);
    await put(store, ...names);
    for (const name of names.slice(0, refused)) held.add(name);
    const reported: Refusal[] = [];
    const onRefusal = (refusal: Refusal) => void reported.push(refusal);
    const input = { bucket: "raw", nowMs: NOON_MS, policy: RETENTION_POLICY, onRefusal } as const;
    const batches: number[] = [];
    const removeMany: typeof store.removeMany = (objects, options) => {
      batches.push(objects.length);
      return store.removeMany(objects, options);
    };
    const list = store.list.bind(store);
    const outcome = await purgeBucket({ list, removeMany }, input);
    assert.deepEqual(batches.toSorted(), [100, 100, 31]);
    const { complete, lookedAt, deleted, overdue } = outcome;
    assert.deepEqual([complete, lookedAt, deleted], [true, 231, 231 - refused]);
    assert.deepEqual([overdue, outcome.refused], [Math.min(refused, 230), refused]);
    assert.equal(outcome.oldestT0Ms, NOON_MS - 9 * DAY_MS);
    assert.deepEqual(store.names(), [...held].toSorted());
    assert.equal(reported.length, Math.min(refused, 10));
    for (const { bucket, name, error } of reported) {
      assert.ok(bucket === "raw" && held.has(name) && error.message.includes("403"));
    }
  });
}

test("purgeBucket() that may look no longer removes what it has found, and is not complete", async () => {
  const looked = new AbortController();
  const store = new MemoryObjectStore({
    after: (operation, prefix) => void (operation === "list" && prefix === "7/" && looked.abort()),
  });
  const refs = ["7", "a"].map((shard) => inShard(shard, NOON_MS - 8 * DAY_MS));
  await put(store, ...refs.map(rawName));
  const input = { bucket: "raw", nowMs: NOON_MS, policy: RETENTION_POLICY } as const;
  const { complete, deleted } = await purgeBucket(store, { ...input, lookSignal: looked.signal });
  assert.deepEqual([complete, deleted], [false, 2]);
});

for (
  const [what, ref, calls] of [
    ["once the oldest is known", kept, 1 + SHARDS.length],
    ["but the oldest that holds anything", expired, 1 + 3 * SHARDS.length],
  ] as const
) {
  test(`purgeBucket() does not look into days that can hold nothing expired ${what}`, async () => {
    let lists = 0;
    const store = new MemoryObjectStore({
      before: (operation) => void (operation === "list" && lists++),
    });
    await put(store, rawName(ref));
    // More than a page of each shard's last days.
    const later = (hours: number) => rawName(sampleRef(NOON_MS - hours * 3_600_000));
    await put(store, later(100), ...Array.from({ length: 2_500 }, () => later(48)));
    const { lookedAt, oldestT0Ms } = await purge(store);
    assert.deepEqual([lists, lookedAt], [calls, ref === kept ? 1 : 2]);
    assert.equal(oldestT0Ms, NOON_MS - (ref === kept ? periodMs - 1 : 100 * 3_600_000));
  });
}

test("purgeBucket() counts what is more than the grace over its time and was replaced, not what another removed first", async () => {
  const store = new MemoryObjectStore();
  const overs = [graceMs + 1, graceMs, 0].map((overMs) => sampleRef(NOON_MS - periodMs - overMs));
  await put(store, ...overs.map(rawName), rawName(kept));
  const list = store.list.bind(store);
  const replaced = await purge({
    list,
    removeMany: (objects) => Promise.resolve(objects.map(() => "replaced" as const)),
  });
  assert.deepEqual([replaced.deleted, replaced.overdue], [0, 1]);
  assert.equal(replaced.oldestT0Ms, NOON_MS - periodMs - graceMs - 1);
  const second = await purge({
    list,
    async removeMany(...call) {
      await store.removeMany(...call);
      return await store.removeMany(...call);
    },
  });
  assert.deepEqual([second.deleted, second.overdue], [0, 0]);
  assert.equal(second.oldestT0Ms, t0OfImageId(kept.imageId));
});

test("purgeBucket() that is cut is not complete, and the next one does the rest", async () => {
  const cut = new AbortController();
  const store = new MemoryObjectStore({
    after: (operation) => void (operation === "remove" && cut.abort()),
  });
  const refs = [9, 8].map((days) => sampleRef(NOON_MS - days * DAY_MS));
  await put(store, ...refs.map(rawName));
  assert.equal((await purge(store, "raw", cut.signal)).complete, false);
  assert.equal(store.names().length, 1);
  assert.deepEqual((await purge(store)).complete, true);
  assert.deepEqual(store.names(), []);
});
