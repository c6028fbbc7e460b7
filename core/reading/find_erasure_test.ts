import assert from "node:assert/strict";
import { test } from "node:test";
import { receiptName } from "../model/object_name.ts";
import { parseOwner } from "../model/owner.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { findErasure } from "./find_erasure.ts";

const ref = sampleRef(NOON_MS);

test("findErasure() knows nothing of an erasure that was never asked for", async () => {
  const world = new TestWorld();
  await world.upload(ref);
  await world.processed.put(receiptName(ref));
  assert.equal(await findErasure(world, ref), null);
});

test("findErasure() is done when its receipt is there", async () => {
  const world = new TestWorld();
  await world.requestErasure(ref);
  const requestedAtMs = NOON_MS;
  assert.deepEqual(await findErasure(world, ref), { requestedAtMs, erasedAtMs: undefined });
  world.clock.nowMs += 10;
  await world.processed.put(receiptName(ref));
  assert.deepEqual(await findErasure(world, ref), { requestedAtMs, erasedAtMs: NOON_MS + 10 });
  const others = { ...ref, owner: parseOwner("z".repeat(20)) };
  assert.equal(await findErasure(world, others), null);
});
