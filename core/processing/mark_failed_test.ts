import assert from "node:assert/strict";
import { test } from "node:test";
import { rawName } from "../model/object_name.ts";
import { RETENTION_POLICY } from "../retention/policy.ts";
import { assertReady, manifestOf } from "../testing/assert_ready.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { markFailed } from "./mark_failed.ts";
import { processImage } from "./process_image.ts";
import type { ImageDelivery } from "./process_ports.ts";

const ref = sampleRef(NOON_MS);
const delivery = { objectName: rawName(ref), generation: "1", attempt: 15 };

const outcomeOf = async (world: TestWorld, change: Partial<ImageDelivery> = {}) =>
  (await markFailed(world.ports, { ...delivery, ...change })).outcome;

test("markFailed() writes a failed manifest and its record, and over a failed one the next", async () => {
  const world = new TestWorld();
  await world.upload(ref, { declaration: { source: "kafka" } });
  assert.equal(await outcomeOf(world), "done");
  const { processedAt, ...first } = await manifestOf(world, ref);
  const found = [first.status, first.reason, first.attempt, first.source];
  assert.deepEqual(found, ["failed", "dead_lettered", 15, "kafka"]);
  assert.equal(await outcomeOf(world, { attempt: 16 }), "done");
  const next = await manifestOf(world, ref);
  assert.deepEqual([next.status, next.attempt], ["failed", 31]);
  assert.ok(next.processedAt > processedAt, "readers take the newest");
  const rows = world.rows.rows().map(({ attempt, status }) => `${attempt} ${status}`);
  assert.deepEqual(rows, ["15 failed", "31 failed"]);
  await processImage(world.ports, { ...await world.delivery(ref), attempt: 2 });
  assert.equal((await manifestOf(world, ref)).attempt, 33, "sent again, its attempts count on");
  assert.equal(new Set(world.rows.records().map(({ attributes }) => attributes.event_id)).size, 3);
});

test("markFailed() leaves a final manifest alone, and publishes its record again", async () => {
  const world = new TestWorld();
  await world.process(ref);
  assert.equal(await outcomeOf(world), "already");
  await assertReady(world, ref);
  const [first, again, ...more] = world.rows.records();
  assert.deepEqual([again, more], [first, []]);
});

test("markFailed() that is overtaken by a late delivery leaves its manifest and readers' row ready", async () => {
  let isFirst = true;
  const world: TestWorld = new TestWorld({
    processed: {
      before: async (operation, name) => {
        if (operation !== "create" || !name.endsWith("manifest.json") || !isFirst) return;
        isFirst = false;
        await processImage(world.ports, { ...delivery, attempt: 3 });
        world.clock.nowMs += 5;
      },
    },
  });
  await world.upload(ref);
  world.clock.nowMs += 10;
  assert.equal(await outcomeOf(world), "already");
  await assertReady(world, ref);
});

test("markFailed() writes nothing for what is gone or not ours", async () => {
  const world = new TestWorld();
  assert.equal(await outcomeOf(world), "gone");
  assert.equal(await outcomeOf(world, { objectName: "x" }), "ignored");
  assert.deepEqual([world.names(), world.rows.rows()], [[], []]);
});

test("markFailed() writes nothing behind the write cutoff, and erases nothing then", async () => {
  const { periodMs, closingMs } = RETENTION_POLICY;
  for (const isRequested of [false, true]) {
    const world = new TestWorld();
    await world.upload(ref);
    if (isRequested) await world.requestErasure(ref);
    const before = world.names();
    for (const ageMs of [periodMs - closingMs, periodMs - 1, periodMs]) {
      world.clock.nowMs = NOON_MS + ageMs;
      assert.equal(await outcomeOf(world), "too_late");
    }
    assert.deepEqual([world.names(), world.rows.rows()], [before, []]);
    world.clock.nowMs = NOON_MS + periodMs - closingMs - 1;
    assert.equal(await outcomeOf(world), isRequested ? "erased" : "done");
  }
});
