import assert from "node:assert/strict";
import { test } from "node:test";
import { rawName } from "../model/object_name.ts";
import { parseOwner } from "../model/owner.ts";
import { parseTenant } from "../model/tenant.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { findImage, findListed } from "./find_image.ts";

const ref = sampleRef(NOON_MS);

test("findImage() finds nothing of an id that never was", async () => {
  assert.deepEqual(await findImage(new TestWorld(), ref), { state: "none" });
});

test("findImage() and findListed() follow an image from under way to done to erased", async () => {
  const world = new TestWorld();
  const both = async (expected: unknown) => {
    assert.deepEqual(await findImage(world, ref), expected);
    assert.deepEqual(await findListed(world, { ref, bytes: 69 }), expected);
  };
  await world.upload(ref);
  await both({ state: "processing", ref, bytes: 69 });
  assert.deepEqual(await findImage(world, ref, { isFinalOnly: true }), { state: "none" });
  const manifest = await world.finish(ref);
  await both({ state: "done", ref, manifest });
  await world.requestErasure(ref);
  await both({ state: "erased", ref });
});

test("findImage() is erased from the request on, whatever is there", async () => {
  const world = new TestWorld();
  await world.requestErasure(ref);
  assert.deepEqual(await findImage(world, ref), { state: "erased", ref });
});

test("findImage() goes by the whole name, not by names that begin alike", async () => {
  const world = new TestWorld();
  await world.raw.put(`${rawName(ref)}x`);
  assert.deepEqual(await findImage(world, ref), { state: "none" });
});

test("findImage() finds neither another owner's image nor another tenant's", async () => {
  const world = new TestWorld();
  await world.upload(ref);
  await world.finish(ref);
  for (const other of [{ owner: parseOwner("z".repeat(20)) }, { tenant: parseTenant("acme2") }]) {
    assert.deepEqual(await findImage(world, { ...ref, ...other }), { state: "none" });
  }
});

const READS = ["erasures.stat", "processed.read"];
for (
  const [what, prepare, calls] of [
    ["that is done", (world) => world.finish(ref), READS],
    ["that is erased and done", async (world) => {
      await world.finish(ref);
      await world.requestErasure(ref);
    }, READS],
    ["that is under way", (world) => world.upload(ref), [...READS, "raw.list"]],
    ["that never was", async () => {}, [...READS, "raw.list"]],
    ["of somebody else", async (world) => {
      const other = { ...ref, owner: parseOwner("z".repeat(20)) };
      await world.upload(other);
      await world.finish(other);
    }, [...READS, "raw.list"]],
  ] as readonly (readonly [string, (world: TestWorld) => Promise<unknown>, readonly string[]])[]
) {
  test(`findImage() of an id ${what} makes ${calls.length} calls`, async () => {
    const seen: string[] = [];
    const noting = (store: string) => ({
      before: (operation: string) => void seen.push(`${store}.${operation}`),
    });
    const world = new TestWorld({
      ...{ raw: noting("raw"), processed: noting("processed"), erasures: noting("erasures") },
    });
    await prepare(world);
    seen.length = 0;
    await findImage(world, ref);
    assert.deepEqual(seen, calls);
  });
}
