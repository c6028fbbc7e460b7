import assert from "node:assert/strict";
import { test } from "node:test";
import { manifestName, rawName, receiptName } from "../model/object_name.ts";
import { MAX_AHEAD_MS, RETENTION_POLICY } from "../retention/policy.ts";
import { assertErased, assertReady } from "../testing/assert_ready.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { processErasure } from "./process_erasure.ts";

const ref = sampleRef(NOON_MS);

const { periodMs, attemptMs } = RETENTION_POLICY;
for (
  const [what, isProcessed, isRequested, ageMs, outcome] of [
    ["erases an image", true, true, 0, { outcome: "erased", ref, state: "erasing" }],
    ["erases an image until an attempt before its end", true, true, periodMs - attemptMs - 1, {
      ...{ outcome: "erased", ref, state: "erasing" },
    }],
    ["writes the receipt of an id that never was", false, true, 0, {
      ...{ outcome: "erased", ref, state: "settled" },
    }],
    ["erases nothing without a request", true, false, 0, { outcome: "gone", ref }],
    ["leaves what is over to the sweep", true, true, periodMs, { outcome: "expired", ref }],
  ] as const
) {
  test(`processErasure() ${what}`, async () => {
    const world = new TestWorld();
    if (isProcessed) await world.process(ref);
    if (isRequested) await world.requestErasure(ref);
    world.clock.nowMs += ageMs;
    assert.deepEqual(await processErasure(world.ports, await world.delivery(ref)), outcome);
    if (outcome.outcome === "erased") {
      await world.settle();
      assertErased(world, ref);
    } else await assertReady(world, ref);
  });
}

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
