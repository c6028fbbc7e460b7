import assert from "node:assert/strict";
import { test } from "node:test";
import { manifestName, rawName, receiptName } from "../model/object_name.ts";
import { MAX_AHEAD_MS, RETENTION_POLICY } from "../retention/policy.ts";
import { assertErased, assertReady } from "../testing/assert_ready.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { processErasure } from "./process_erasure.ts";

const ref = sampleRef(NOON_MS);

test("processErasure() erases the image, at any time within its period", async () => {
  const { periodMs } = RETENTION_POLICY;
  for (const ageMs of [0, periodMs - RETENTION_POLICY.attemptMs - 1]) {
    const world = new TestWorld();
    await world.process(ref);
    world.clock.nowMs += ageMs;
    await world.requestErasure(ref);
    const outcome = await processErasure(world.ports, await world.delivery(ref));
    assert.deepEqual(outcome, { outcome: "erased", ref, state: "erasing" });
    await world.settle();
    assertErased(world, ref);
  }
});

test("processErasure() of an id that never was writes its receipt", async () => {
  const world = new TestWorld();
  await world.requestErasure(ref);
  const outcome = await processErasure(world.ports, await world.delivery(ref));
  assert.deepEqual(outcome, { outcome: "erased", ref, state: "settled" });
  assertErased(world, ref);
});

test("processErasure() erases nothing where there is no request", async () => {
  const world = new TestWorld();
  await world.process(ref);
  const outcome = await processErasure(world.ports, await world.delivery(ref));
  assert.deepEqual(outcome, { outcome: "gone", ref });
  await assertReady(world, ref);
});

test("processErasure() leaves what is over to the sweep", async () => {
  const world = new TestWorld();
  await world.process(ref);
  await world.requestErasure(ref);
  world.clock.nowMs = NOON_MS + RETENTION_POLICY.periodMs;
  const outcome = await processErasure(world.ports, await world.delivery(ref));
  assert.deepEqual(outcome, { outcome: "expired", ref });
  assert.deepEqual(world.rows.records().length, 1);
  assert.equal(await world.processed.stat(receiptName(ref)), null);
});

test("processErasure() ignores names that are not ours, or of a T0 that no source can have given", async () => {
  const world = new TestWorld();
  const ahead = sampleRef(NOON_MS + MAX_AHEAD_MS + 1);
  const names = ["", "readme.txt", manifestName(ref), receiptName(ref), rawName(ahead)];
  for (const objectName of names) {
    const outcome = await processErasure(world.ports, { objectName, generation: "1", attempt: 1 });
    assert.deepEqual(outcome, { outcome: "ignored" });
  }
  assert.deepEqual(world.names(), []);
});
