import assert from "node:assert/strict";
import { test } from "node:test";
import { t0OfImageId } from "../model/image_id.ts";
import { type ImageRef, manifestName } from "../model/object_name.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { RETENTION_POLICY } from "./policy.ts";
import { sweepExpired } from "./sweep_expired.ts";

const { periodMs, graceMs, sweepIntervalMs } = RETENTION_POLICY;

async function processed(world: TestWorld, ref: ImageRef): Promise<void> {
  world.clock.nowMs = t0OfImageId(ref.imageId);
  await world.process(ref);
}

test("a sweeper whose clock is behind takes nothing early, and everything within the grace", async () => {
  const world = new TestWorld();
  await processed(world, sampleRef(NOON_MS));
  const behindMs = 60_000;
  for (let trueMs = NOON_MS + periodMs; world.names().length > 0; trueMs += sweepIntervalMs) {
    assert.ok(trueMs <= NOON_MS + periodMs + graceMs, "within the grace");
    world.clock.nowMs = trueMs - behindMs;
    await sweepExpired(world.ports);
  }
});

test("an image whose T0 is ahead of the sweeper's clock is ours, and kept for its seven days", async () => {
  const world = new TestWorld();
  await processed(world, sampleRef(NOON_MS + 5_000));
  const sweeps = [[0, 5], [5_000 + periodMs - 1, 5], [5_000 + periodMs, 0]] as const;
  for (const [afterMs, left] of sweeps) {
    world.clock.nowMs = NOON_MS + afterMs;
    const { places } = await sweepExpired(world.ports);
    assert.deepEqual([places[0]?.place, places[0]?.foreign], ["raw", 0]);
    assert.equal(world.names().length, left);
  }
});

test("an object that was replaced between list and removal is removed in the same sweep", async () => {
  const ref = sampleRef(NOON_MS);
  let isReplaced = false;
  const world: TestWorld = new TestWorld({
    processed: {
      before: async (operation, name) => {
        if (operation !== "remove" || name !== manifestName(ref) || isReplaced) return;
        isReplaced = true;
        const facts = await world.processed.stat(manifestName(ref));
        await world.processed.replace(manifestName(ref), new Uint8Array(2), {
          contentType: "application/json",
          customTimeMs: NOON_MS,
          ifGeneration: facts?.generation ?? "",
        });
      },
    },
  });
  await processed(world, ref);
  world.clock.nowMs = NOON_MS + periodMs;
  await sweepExpired(world.ports);
  assert.ok(isReplaced);
  assert.deepEqual(world.names(), []);
});
