import assert from "node:assert/strict";
import { test } from "node:test";
import { receiptName } from "../model/object_name.ts";
import { parseOwner } from "../model/owner.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { findErasure } from "./find_erasure.ts";

const ref = sampleRef(NOON_MS);
const twin = { ...ref, owner: parseOwner("newer".padEnd(20, "a")) };
const question = { ...ref, owners: [twin.owner, ref.owner] };

test("findErasure() knows nothing of an erasure that was never asked for", async () => {
  const world = new TestWorld();
  await world.upload(ref);
  await world.processed.put(receiptName(ref));
  assert.equal(await findErasure(world, question), null);
});

test("findErasure() is done only when every pseudonym's receipt is there", async () => {
  const world = new TestWorld();
  await world.mark(ref);
  world.clock.nowMs += 10;
  await world.mark(twin);
  const requestedAtMs = NOON_MS;
  assert.deepEqual(await findErasure(world, question), { requestedAtMs, erasedAtMs: undefined });
  world.clock.nowMs += 10;
  await world.processed.put(receiptName(twin));
  assert.deepEqual(await findErasure(world, question), { requestedAtMs, erasedAtMs: undefined });
  world.clock.nowMs += 10;
  await world.processed.put(receiptName(ref));
  const erasedAtMs = NOON_MS + 30;
  assert.deepEqual(await findErasure(world, question), { requestedAtMs, erasedAtMs });
});

test("findErasure() tells nobody of another owner's erasure", async () => {
  const world = new TestWorld();
  await world.mark(ref);
  await world.processed.put(receiptName(ref));
  const { tenant, imageId } = ref;
  const owners = [parseOwner("z".repeat(20))];
  assert.equal(await findErasure(world, { tenant, owners, imageId }), null);
});
