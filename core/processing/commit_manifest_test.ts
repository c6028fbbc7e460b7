import assert from "node:assert/strict";
import { test } from "node:test";
import { type Manifest, serializeManifest } from "../model/manifest.ts";
import { manifestName } from "../model/object_name.ts";
import { manifestOf, newestRowOf } from "../testing/assert_ready.ts";
import { stepping } from "../testing/crashing_ports.ts";
import { MemoryObjectStore } from "../testing/memory_object_store.ts";
import { sampleManifest } from "../testing/sample_manifest.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { commitManifest, readManifest, replaceManifest } from "./commit_manifest.ts";

const ref = sampleRef(NOON_MS);
const ready = sampleManifest(ref);
const rejected: Manifest = { ...ready, status: "rejected", reason: "corrupt", attempt: 7 };
const failed: Manifest = { ...ready, status: "failed", reason: "dead_lettered", attempt: 9 };

const commit = (world: TestWorld, manifest: Manifest) =>
  commitManifest(world.ports, { ref, manifest }, { previous: null });

/** A world with a manifest, and that manifest as it is held. */
async function committed(manifest: Manifest) {
  const world = new TestWorld();
  await commit(world, manifest);
  const held = await readManifest(world.processed, ref, {});
  assert.ok(held !== null);
  return { world, held };
}

test("commitManifest() puts the manifest, then publishes its record", async () => {
  const order: string[] = [];
  const noting = (name: string) => (operation: string) =>
    void (["create", "publish"].includes(operation) && order.push(name));
  const world = new TestWorld({ processed: { before: noting("manifest") } });
  const noted = stepping(world.rows, (run, call) => (noting("record")(call), run()));
  const ports = { ...world.ports, records: noted };
  const outcome = await commitManifest(ports, { ref, manifest: ready }, { previous: null });
  assert.deepEqual(outcome, { outcome: "done", ref, manifest: ready });
  assert.deepEqual(order, ["manifest", "record"]);
  assert.deepEqual(await manifestOf(world, ref), ready);
  assert.deepEqual(world.rows.rows().map(({ status }) => status), ["ready"]);
});

for (const [stands, loses] of [[ready, rejected], [rejected, ready], [ready, failed]] as const) {
  test(`commitManifest() never replaces what is ${stands.status} by what is ${loses.status}, and publishes its record again`, async () => {
    const { world } = await committed({ ...stands, processedAt: "2026-03-14T12:00:00.000Z" });
    world.clock.nowMs += 5000;
    const late = { ...loses, processedAt: new Date(world.clock.nowMs).toISOString() };
    assert.deepEqual(await commit(world, late), { outcome: "already", ref });
    assert.equal((await manifestOf(world, ref)).status, stands.status);
    assert.equal(newestRowOf(world, ref)?.status, stands.status);
    assert.equal(newestRowOf(world, ref)?.reason, stands.reason ?? null);
    const [first, again, ...more] = world.rows.records();
    assert.deepEqual([again, more], [first, []]);
  });
}

test("replaceManifest() takes the place of the very manifest that it was given, and of no other", async () => {
  const { world, held } = await committed(ready);
  const first = { ...rejected, attempt: 1_001, processorVersion: "newer" };
  assert.equal(await replaceManifest(world.ports, { ref, manifest: first }, held, {}), true);
  const standing = await manifestOf(world, ref);
  assert.deepEqual({ ...standing, processedAt: first.processedAt }, first);
  world.clock.nowMs += 1000;
  const second = { ...first, processedAt: new Date(world.clock.nowMs).toISOString() };
  assert.equal(await replaceManifest(world.ports, { ref, manifest: second }, held, {}), false);
  assert.deepEqual(await manifestOf(world, ref), standing);
  assert.equal(newestRowOf(world, ref)?.processor_version, "newer");
  const { generation = "" } = await world.processed.stat(manifestName(ref)) ?? {};
  await world.processed.remove(manifestName(ref), { generation });
  assert.equal(await replaceManifest(world.ports, { ref, manifest: ready }, held, {}), false);
  assert.deepEqual(world.processed.names(), [], "an image that was erased stays so");
});

for (const next of [failed, ready, rejected]) {
  test(`commitManifest() replaces a failed manifest by one that is ${next.status}, dated behind it although its clock is behind`, async () => {
    const { world, held } = await committed(failed);
    const behind = { ...next, attempt: 10, processedAt: "2026-03-14T11:00:00.000Z" };
    assert.equal((await commit(world, behind)).outcome, "done");
    const processedAt = new Date(Date.parse(held.manifest.processedAt) + 1).toISOString();
    assert.deepEqual(await manifestOf(world, ref), { ...behind, processedAt });
    assert.equal(newestRowOf(world, ref)?.attempt, 10);
  });
}

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
