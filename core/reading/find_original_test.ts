import assert from "node:assert/strict";
import { test } from "node:test";
import { serializeManifest } from "../model/manifest.ts";
import { manifestName, rawName } from "../model/object_name.ts";
import { sampleManifest } from "../testing/sample_manifest.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { findOriginal } from "./find_original.ts";

const ref = sampleRef(NOON_MS);
type Step = (world: TestWorld) => Promise<unknown>;

const upload: Step = (world) => world.upload(ref);
const finish: Step = (world) => world.finish(ref);
const loseRaw: Step = async ({ raw }) => {
  const facts = await raw.stat(rawName(ref)) ?? assert.fail("it was uploaded");
  await raw.remove(rawName(ref), facts);
};
const CASES: Readonly<Record<string, readonly Step[]>> = {
  "never was": [],
  "is under way": [upload],
  "was erased": [upload, finish, (world) => world.requestErasure(ref)],
  "lost its raw object": [upload, finish, loseRaw],
  "has another raw object than its manifest says": [upload, finish, loseRaw, upload],
};

test("findOriginal() finds the raw object that the manifest describes", async () => {
  const world = new TestWorld();
  await upload(world);
  const { generation, metadata } = await world.finish(ref);
  const expected = { name: rawName(ref), generation, bytes: 69, contentType: metadata?.mediaType };
  assert.deepEqual(await findOriginal(world, ref), expected);
});

test("findOriginal() says what the source declared where processing found no type", async () => {
  const world = new TestWorld();
  await world.upload(ref, { contentType: "image/x-declared" });
  const manifest = sampleManifest(ref, { status: "rejected", metadata: undefined });
  await world.processed.put(manifestName(ref), serializeManifest(manifest));
  assert.equal((await findOriginal(world, ref))?.contentType, "image/x-declared");
});

for (const [what, steps] of Object.entries(CASES)) {
  test(`findOriginal() finds none of an image that ${what}`, async () => {
    const world = new TestWorld();
    for (const step of steps) await step(world);
    assert.equal(await findOriginal(world, ref), undefined);
  });
}
