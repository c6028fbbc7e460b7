import assert from "node:assert/strict";
import { test } from "node:test";
import { rawName } from "../model/object_name.ts";
import { RETENTION_POLICY } from "../retention/policy.ts";
import { assertErased, assertReady, manifestOf, newestRowOf } from "../testing/assert_ready.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { markFailed } from "./mark_failed.ts";
import { processImage } from "./process_image.ts";
import type { ImageDelivery } from "./process_ports.ts";

const ref = sampleRef(NOON_MS);
const delivery = { objectName: rawName(ref), attempt: 15 };

const outcomeOf = async (world: TestWorld, change: Partial<ImageDelivery> = {}) =>
  (await markFailed(world.ports, { ...delivery, ...change })).outcome;

test("markFailed() writes a failed manifest and its row where there is none", async () => {
  const world = new TestWorld();
  await world.upload(ref, { declaration: { source: "kafka" } });
  assert.equal(await outcomeOf(world), "done");
  const { status, reason, attempt, source } = await manifestOf(world, ref);
  assert.deepEqual([status, reason, attempt, source], ["failed", "dead_lettered", 15, "kafka"]);
  assert.equal(newestRowOf(world, ref)?.status, "failed");
});

test("markFailed() again leaves the first failed manifest as it is", async () => {
  const world = new TestWorld();
  await world.upload(ref);
  await markFailed(world.ports, delivery);
  assert.equal(await outcomeOf(world, { attempt: 16 }), "already");
  assert.equal((await manifestOf(world, ref)).attempt, 15);
  assert.equal(world.rows.rows().length, 1);
});

test("markFailed() leaves a final manifest alone, and one that comes while it writes", async () => {
  const world = new TestWorld();
  await world.process(ref);
  assert.equal(await outcomeOf(world), "already");
  await assertReady(world, ref);
  assert.equal(world.rows.rows().length, 1);
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

test("markFailed() writes nothing for what is gone, expired or not ours", async () => {
  const world = new TestWorld();
  assert.equal(await outcomeOf(world), "gone");
  assert.equal(await outcomeOf(world, { objectName: "x" }), "ignored");
  await world.upload(ref);
  world.clock.nowMs = NOON_MS + RETENTION_POLICY.periodMs;
  assert.equal(await outcomeOf(world), "expired");
  assert.deepEqual([world.processed.names(), world.rows.rows()], [[], []]);
});

test("markFailed() erases what is marked, before and while it writes", async () => {
  const marked = new TestWorld();
  await marked.upload(ref);
  await marked.mark(ref);
  assert.equal(await outcomeOf(marked), "erased");
  assertErased(marked, ref);
  const before = async (operation: string) => {
    if (operation === "create") await world.mark(ref);
  };
  const world: TestWorld = new TestWorld({ processed: { before } });
  await world.upload(ref);
  assert.equal(await outcomeOf(world), "erased");
  assertErased(world, ref);
});
