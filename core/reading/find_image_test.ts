import assert from "node:assert/strict";
import { test } from "node:test";
import { rawName } from "../model/object_name.ts";
import { parseOwner } from "../model/owner.ts";
import { parseTenant } from "../model/tenant.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { findImage } from "./find_image.ts";

const ref = sampleRef(NOON_MS);
const newer = parseOwner("newer".padEnd(20, "a"));
const question = { ...ref, owners: [newer, ref.owner] };

test("findImage() finds nothing of an id that never was", async () => {
  assert.deepEqual(await findImage(new TestWorld(), question), { state: "none" });
});

test("findImage() follows an image from under way to done to erased, by an older pseudonym too", async () => {
  const world = new TestWorld();
  await world.upload(ref);
  assert.deepEqual(await findImage(world, question), { state: "processing", ref, bytes: 69 });
  const manifest = await world.finish(ref);
  assert.deepEqual(await findImage(world, question), { state: "done", ref, manifest });
  await world.mark(ref);
  assert.deepEqual(await findImage(world, question), { state: "erased", ref });
});

test("findImage() goes by the whole name, not by names that begin alike", async () => {
  const world = new TestWorld();
  await world.raw.put(`${rawName(ref)}x`);
  assert.deepEqual(await findImage(world, question), { state: "none" });
});

test("findImage() prefers what is done to what is under way, and erased to both", async () => {
  const world = new TestWorld();
  const twin = { ...ref, owner: newer };
  await world.upload(twin);
  const manifest = await world.finish(ref);
  assert.deepEqual(await findImage(world, question), { state: "done", ref, manifest });
  await world.mark(twin);
  assert.deepEqual(await findImage(world, question), { state: "erased", ref: twin });
});

test("findImage() finds neither another owner's image nor another tenant's", async () => {
  const world = new TestWorld();
  await world.upload(ref);
  await world.finish(ref);
  const { tenant, imageId } = ref;
  const someone = parseOwner("z".repeat(20));
  const none = { state: "none" };
  assert.deepEqual(await findImage(world, { tenant, owners: [someone], imageId }), none);
  const elsewhere = { tenant: parseTenant("acme2"), owners: [ref.owner], imageId };
  assert.deepEqual(await findImage(world, elsewhere), none);
});

test("findImage() makes the same calls for any id, so that no call tells of others' images", async () => {
  const callsFor = async (prepare: (world: TestWorld) => Promise<unknown>) => {
    const calls: string[] = [];
    const before = (operation: string) => void calls.push(operation);
    const world = new TestWorld({ raw: { before }, processed: { before } });
    await prepare(world);
    calls.length = 0;
    await findImage(world, { ...ref, owners: [newer] });
    return calls.toSorted();
  };
  const forNobody = await callsFor(async () => {});
  const forSomeoneElse = await callsFor(async (world) => {
    await world.upload(ref);
    await world.finish(ref);
  });
  assert.deepEqual(forNobody, ["list", "list", "read"]);
  assert.deepEqual(forSomeoneElse, forNobody);
});
