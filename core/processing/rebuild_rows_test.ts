import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../errors.ts";
import type { ImageRef } from "../model/object_name.ts";
import { RETENTION_POLICY } from "../retention/policy.ts";
import { newestRowOf } from "../testing/assert_ready.ts";
import { withCalls } from "../testing/crashing_ports.ts";
import { FakePixelEngine } from "../testing/fake_pixel_engine.ts";
import { NOT_AN_IMAGE } from "../testing/sample_images.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { rebuildRows } from "./rebuild_rows.ts";
import { replayImage } from "./replay_image.ts";

const { periodMs, closingMs } = RETENTION_POLICY;
const NONE = { tooLate: 0, failed: 0 };

/** An image that is ready, one that was rejected, one that was processed again. */
async function filledWorld(): Promise<{ world: TestWorld; refs: ImageRef[] }> {
  const world = new TestWorld();
  const refs = [0, 1, 2].map(() => sampleRef(NOON_MS));
  const [ready, rejected, replayed] = refs;
  assert.ok(ready && rejected && replayed);
  await world.process(ready, { declaration: { source: "edge", ref: "invoice-7" } });
  await world.process(rejected, { bytes: NOT_AN_IMAGE });
  await world.process(replayed);
  world.clock.nowMs += 60_000;
  const pixels = new FakePixelEngine({ version: "2", custom: { blur_score: 0.5 } });
  await replayImage({ ...world.ports, pixels, processorVersion: "newer" }, replayed);
  return { world, refs };
}

const lose = async (world: TestWorld) => void await world.rows.purge(Infinity);

test("rebuildRows() brings the very rows back that readers take, own columns too", async () => {
  const { world, refs } = await filledWorld();
  assert.equal((await rebuildRows(world.ports)).missing, 0, "where nothing was lost");
  const before = refs.map((ref) => newestRowOf(world, ref));
  await lose(world);
  const all = { lookedAt: 3, missing: 3, published: 3, ...NONE };
  assert.deepEqual(await rebuildRows(world.ports), all);
  await world.deliverEvents();
  assert.deepEqual(refs.map((ref) => newestRowOf(world, ref)), before);
  assert.equal(newestRowOf(world, refs[2] ?? assert.fail())?.["blur_score"], 0.5);
  const nothing = { ...all, missing: 0, published: 0 };
  assert.deepEqual([await rebuildRows(world.ports), world.events], [nothing, []]);
});

test("rebuildRows() only counts in a dry run and behind the write cutoff, and only the days that it is given", async () => {
  const { world } = await filledWorld();
  await lose(world);
  assert.equal((await rebuildRows(world.ports, { days: ["2026-03-13"] })).lookedAt, 0);
  const dry = await rebuildRows(world.ports, { days: ["2026-03-14"], isDryRun: true });
  assert.deepEqual([dry.missing, dry.published], [3, 0]);
  world.clock.nowMs = NOON_MS + periodMs - closingMs;
  const late = await rebuildRows(world.ports);
  assert.deepEqual([late.missing, late.tooLate, late.published, world.events], [3, 3, 0, []]);
});

test("rebuildRows() counts what it cannot read, and publishes it the next time", async () => {
  const { world } = await filledWorld();
  await lose(world);
  let calls = 0;
  const processed = withCalls(world.processed, {
    read: (...call: Parameters<typeof world.processed.read>) =>
      calls++ === 1
        ? Promise.reject(new AppError("unavailable", "Storage is away"))
        : world.processed.read(...call),
  });
  const first = await rebuildRows({ ...world.ports, processed });
  assert.deepEqual([first.published, first.failed], [2, 1]);
  await world.deliverEvents();
  assert.deepEqual([(await rebuildRows(world.ports)).published, world.events.length], [1, 1]);
});
