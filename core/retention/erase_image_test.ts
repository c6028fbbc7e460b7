import assert from "node:assert/strict";
import { test } from "node:test";
import { manifestName, rawName, receiptName } from "../model/object_name.ts";
import { crashEverywhere } from "../testing/crashing_ports.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld, type TestWorldOptions } from "../testing/test_world.ts";
import { eraseImage, isMarked, removeLive } from "./erase_image.ts";

const ref = sampleRef(NOON_MS);
const neighbour = sampleRef(NOON_MS);

async function worldOfTwo(options: TestWorldOptions = {}): Promise<TestWorld> {
  const world = new TestWorld(options);
  for (const each of [ref, neighbour]) await world.process(each);
  await world.mark(ref);
  return world;
}

function assertErased(world: TestWorld, at = "") {
  const mine = (name: string) => name.includes(ref.imageId);
  assert.deepEqual(world.raw.names().filter(mine), [`erase/${rawName(ref)}`], at);
  assert.deepEqual(world.processed.names().filter(mine), [receiptName(ref)], at);
  assert.deepEqual(world.rows.rows().map(({ image_id }) => image_id), [neighbour.imageId], at);
  assert.equal(world.processed.names().length, 5, "the neighbour's are all there");
  assert.ok(world.raw.names().includes(rawName(neighbour)));
}

test("eraseImage() removes raw object, renditions, manifest and rows, and writes the receipt last", async () => {
  const world = await worldOfTwo();
  assert.deepEqual(await eraseImage(world.ports, ref), { state: "erased", objects: 5, rows: 1 });
  assertErased(world);
  const receipt = await world.processed.stat(receiptName(ref));
  assert.deepEqual([receipt?.size, receipt?.customTimeMs], [0, NOON_MS]);
});

test("eraseImage() again finds its work done", async () => {
  const world = await worldOfTwo();
  await eraseImage(world.ports, ref);
  assert.deepEqual(await eraseImage(world.ports, ref), { state: "erased", objects: 0, rows: 0 });
  assertErased(world);
});

test("eraseImage() hides rows that the warehouse's buffer holds, and writes the receipt when they are gone", async () => {
  const world = await worldOfTwo({ bufferMs: 1000 });
  assert.deepEqual(await eraseImage(world.ports, ref), { state: "hidden", objects: 5, rows: 0 });
  assert.equal(await world.processed.stat(receiptName(ref)), null);
  assert.deepEqual(world.rows.rows().map(({ status }) => status), ["ready", "ready", "erased"]);
  assert.equal(await world.processed.stat(manifestName(ref)), null);
  world.clock.nowMs += 1000;
  assert.deepEqual(await eraseImage(world.ports, ref), { state: "erased", objects: 0, rows: 2 });
  assertErased(world);
});

test("eraseImage() takes a receipt back when a late attempt's row lies in the buffer", async () => {
  const world = new TestWorld({ bufferMs: 1000 });
  await world.mark(ref);
  assert.equal((await eraseImage(world.ports, ref)).state, "erased");
  const late = new TestWorld();
  await late.process(ref);
  const [row] = late.rows.rows();
  assert.ok(row !== undefined);
  await world.rows.append(row);
  assert.equal((await eraseImage(world.ports, ref)).state, "hidden");
  assert.equal(await world.processed.stat(receiptName(ref)), null);
  world.clock.nowMs += 1000;
  assert.equal((await eraseImage(world.ports, ref)).state, "erased");
  assert.notEqual(await world.processed.stat(receiptName(ref)), null);
});

test("eraseImage() twice at once ends as once", async () => {
  const world = await worldOfTwo();
  const runs = await Promise.all([eraseImage(world.ports, ref), eraseImage(world.ports, ref)]);
  assert.equal(runs.reduce((sum, { objects }) => sum + objects, 0), 5);
  assertErased(world);
});

test("eraseImage() after a death at any call ends as undisturbed", async () => {
  const deaths = await crashEverywhere({
    makeWorld: () => worldOfTwo(),
    walk: (ports) => eraseImage(ports, ref),
    repeat: async (world, at) => {
      assert.equal((await eraseImage(world.ports, ref)).state, "erased", at);
      assertErased(world, at);
    },
  });
  assert.ok(deaths >= 16, `${deaths} deaths`);
});

test("isMarked() sees the image's own marker alone", async () => {
  const world = new TestWorld();
  await world.mark(neighbour);
  assert.equal(await isMarked(world.raw, ref), false);
  assert.equal(await isMarked(world.raw, neighbour), true);
});

test("removeLive() removes what is there and says whether there was anything", async () => {
  const world = new TestWorld();
  await world.upload(ref);
  assert.equal(await removeLive(world.raw, rawName(ref)), true);
  assert.equal(await removeLive(world.raw, rawName(ref)), false);
});
