import assert from "node:assert/strict";
import { test } from "node:test";
import { rawName } from "../model/object_name.ts";
import { parseOwner } from "../model/owner.ts";
import { parseTenant } from "../model/tenant.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { findImage, findListed } from "./find_image.ts";

const ref = sampleRef(NOON_MS);

test("findImage() and findListed() follow an image from under way to done to erased", async () => {
  const world = new TestWorld();
  const both = async (expected: unknown) => {
    assert.deepEqual(await findImage(world, ref), expected);
    assert.deepEqual(await findListed(world, { ref, bytes: 69 }), expected);
  };
  await world.upload(ref);
  await both({ state: "processing", ref, bytes: 69 });
  const manifest = await world.finish(ref);
  await both({ state: "done", ref, manifest });
  await world.requestErasure(ref);
  await both({ state: "erased", ref });
});

test("findImage() goes by the whole name: neither names that begin alike nor another's image are found", async () => {
  const world = new TestWorld();
  await world.upload(ref);
  await world.finish(ref);
  for (const other of [{ owner: parseOwner("z".repeat(20)) }, { tenant: parseTenant("acme2") }]) {
    await world.raw.put(`${rawName({ ...ref, ...other })}x`);
    assert.deepEqual(await findImage(world, { ...ref, ...other }), { state: "none" });
  }
});

const READS = ["erasures.stat", "processed.read"];
const LISTED = [...READS, "raw.list"];
const OTHER = { ...ref, owner: parseOwner("z".repeat(20)) };
type Prepare = (world: TestWorld) => Promise<unknown>;

const CALLS: readonly (readonly [string, Prepare[], string, readonly string[]])[] = [
  ["that is done", [(world) => world.finish(ref)], "done", READS],
  ["whose erasure was requested", [(world) => world.requestErasure(ref)], "erased", READS],
  ["that is under way", [(world) => world.upload(ref)], "processing", LISTED],
  ["that never was", [], "none", LISTED],
  [
    "of somebody else",
    [(world) => world.upload(OTHER), (world) => world.finish(OTHER)],
    "none",
    LISTED,
  ],
];

for (const [what, prepare, state, calls] of CALLS) {
  test(`findImage() of an id ${what} makes ${calls.length} calls`, async () => {
    const seen: string[] = [];
    const noting = (store: string) => ({
      before: (operation: string) => void seen.push(`${store}.${operation}`),
    });
    const world = new TestWorld({
      ...{ raw: noting("raw"), processed: noting("processed"), erasures: noting("erasures") },
    });
    for (const step of prepare) await step(world);
    seen.length = 0;
    assert.equal((await findImage(world, ref)).state, state);
    assert.deepEqual(seen, calls);
  });
}
