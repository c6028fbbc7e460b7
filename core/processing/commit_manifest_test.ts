import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../errors.ts";
import { type Manifest, serializeManifest } from "../model/manifest.ts";
import { manifestName } from "../model/object_name.ts";
import { RETENTION_POLICY } from "../retention/policy.ts";
import { manifestOf, newestRowOf } from "../testing/assert_ready.ts";
import { MemoryObjectStore } from "../testing/memory_object_store.ts";
import { sampleManifest } from "../testing/sample_manifest.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { commitManifest, readManifest, replaceManifest } from "./commit_manifest.ts";

const ref = sampleRef(NOON_MS);
const { periodMs, closingMs } = RETENTION_POLICY;
const ready = sampleManifest(ref);
const rejected: Manifest = { ...ready, status: "rejected", reason: "corrupt", attempt: 7 };
const failed: Manifest = { ...ready, status: "failed", reason: "dead_lettered", attempt: 9 };

const commit = (world: TestWorld, manifest: Manifest) =>
  commitManifest(world.ports, { ref, manifest }, {});

/** A world with a manifest, and that manifest as it is held. */
async function committed(manifest: Manifest) {
  const world = new TestWorld();
  await commit(world, manifest);
  const held = await readManifest(world.processed, ref, {});
  assert.ok(held !== null);
  return { world, held };
}

test("commitManifest() appends the row, then puts the manifest with its status as a hint", async () => {
  const world = new TestWorld({
    processed: { before: (operation) => void (operation === "create" && order.push("manifest")) },
  });
  const order: string[] = [];
  const append = world.rows.append.bind(world.rows);
  Object.assign(world.rows, {
    append: (...row: Parameters<typeof append>) => (order.push("row"), append(...row)),
  });
  assert.deepEqual(await commit(world, ready), { outcome: "done", ref, manifest: ready });
  assert.deepEqual(order, ["row", "manifest"]);
  const held = await readManifest(world.processed, ref, {});
  assert.deepEqual(held?.manifest, ready);
  assert.deepEqual((await world.processed.stat(manifestName(ref)))?.metadata, { status: "ready" });
});

test("commitManifest() puts no manifest when the row cannot be appended", async () => {
  const world = new TestWorld();
  const append = () => Promise.reject(new AppError("unavailable", "The warehouse is away"));
  Object.assign(world.rows, { append });
  await assert.rejects(commit(world, ready), { code: "unavailable" });
  assert.deepEqual(world.processed.names(), []);
});

for (const next of [ready, rejected]) {
  test(`commitManifest() replaces a failed manifest by one that is ${next.status}`, async () => {
    const { world } = await committed(failed);
    assert.equal((await commit(world, next)).outcome, "done");
    assert.deepEqual(await manifestOf(world, ref), next);
    assert.equal((await world.processed.stat(manifestName(ref)))?.metadata["status"], next.status);
  });
}

for (const [stands, loses] of [[ready, rejected], [rejected, ready], [ready, failed]] as const) {
  test(`commitManifest() never replaces what is ${stands.status} by what is ${loses.status}, and readers' newest row is right`, async () => {
    const { world } = await committed({ ...stands, processedAt: "2026-03-14T12:00:00.000Z" });
    world.clock.nowMs += 5000;
    const late = { ...loses, processedAt: new Date(world.clock.nowMs).toISOString() };
    assert.deepEqual(await commit(world, late), { outcome: "already", ref });
    assert.equal((await manifestOf(world, ref)).status, stands.status);
    assert.equal(newestRowOf(world, ref)?.status, stands.status);
    assert.equal(newestRowOf(world, ref)?.reason, stands.reason ?? null);
    // The warehouse drops what looks like a row of the last minute: each must be an attempt of its own.
    const keys = world.rows.rows().map(({ attempt, status }) => `${attempt}/${status}`);
    assert.equal(new Set(keys).size, keys.length, keys.join(" "));
  });
}

test("replaceManifest() takes the place of the very manifest that it was given, and of no other", async () => {
  const { world, held } = await committed(ready);
  const first = { ...rejected, attempt: 1_001, processorVersion: "newer" };
  assert.equal(await replaceManifest(world.ports, { ref, manifest: first }, held, {}), true);
  assert.deepEqual(await manifestOf(world, ref), first);
  world.clock.nowMs += 1000;
  const processedAt = new Date(world.clock.nowMs).toISOString();
  const second = { ...ready, attempt: 1_001, processorVersion: "newest", processedAt };
  assert.equal(await replaceManifest(world.ports, { ref, manifest: second }, held, {}), false);
  assert.deepEqual(await manifestOf(world, ref), first);
  const row = newestRowOf(world, ref);
  assert.deepEqual([row?.status, row?.processor_version], ["rejected", "newer"]);
});

test("replaceManifest() leaves an image that was erased meanwhile erased", async () => {
  const { world, held } = await committed(ready);
  await world.processed.remove(manifestName(ref), { generation: held.generation });
  assert.equal(await replaceManifest(world.ports, { ref, manifest: ready }, held, {}), false);
  assert.deepEqual(world.processed.names(), []);
});

test("commitManifest() of failed leaves another failed one as it is", async () => {
  const { world } = await committed(failed);
  assert.equal((await commit(world, { ...failed, attempt: 10 })).outcome, "already");
  assert.equal((await manifestOf(world, ref)).attempt, 9);
});

test("commitManifest() inserts no row from the first millisecond of closing time", async () => {
  const world = new TestWorld({ nowMs: NOON_MS + periodMs - closingMs });
  assert.equal((await commit(world, rejected)).outcome, "done");
  assert.deepEqual(world.rows.rows(), []);
  const before = new TestWorld({ nowMs: NOON_MS + periodMs - closingMs - 1 });
  await commit(before, ready);
  assert.equal(before.rows.rows().length, 1);
});

test("commitManifest() finds its own write when the answer was lost", async () => {
  let isLost = true;
  const world = new TestWorld({
    processed: {
      after: (operation) => {
        if (operation !== "create" || !isLost) return;
        isLost = false;
        throw new AppError("unavailable", "The answer was lost");
      },
    },
  });
  await assert.rejects(() => commit(world, ready));
  assert.equal((await commit(world, { ...ready, attempt: 3 })).outcome, "already");
  assert.equal((await manifestOf(world, ref)).attempt, ready.attempt);
});

test("commitManifest() gives up when failed manifests keep taking its place", async () => {
  const { world } = await committed(failed);
  Object.assign(world.processed, { replace: () => Promise.resolve(null) });
  await assert.rejects(commit(world, ready), { code: "unavailable" });
});

test("readManifest() answers null where there is none, and where it goes between two calls", async () => {
  assert.equal(await readManifest(new MemoryObjectStore(), ref, {}), null);
  const store = new MemoryObjectStore();
  await store.put(manifestName(ref), serializeManifest(ready));
  Object.assign(store, { read: () => Promise.resolve(null) });
  assert.equal(await readManifest(store, ref, {}), null);
});
