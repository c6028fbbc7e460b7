import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../errors.ts";
import type { ImageRef } from "../model/object_name.ts";
import type { AttemptFinder } from "../ports/image_selector.ts";
import { RETENTION_POLICY } from "../retention/policy.ts";
import { assertErased, newestRowOf } from "../testing/assert_ready.ts";
import { withCalls } from "../testing/crashing_ports.ts";
import { MemoryImageRows } from "../testing/memory_image_rows.ts";
import { FakePixelEngine } from "../testing/fake_pixel_engine.ts";
import { NOT_AN_IMAGE } from "../testing/sample_images.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { markFailed } from "./mark_failed.ts";
import { processErasure } from "./process_erasure.ts";
import { rebuildRows, type RebuildRowsPorts } from "./rebuild_rows.ts";
import { replayImage } from "./replay_image.ts";

const { periodMs, closingMs } = RETENTION_POLICY;

/** Which attempts BigQuery has a row of. */
function attemptsIn(rows: MemoryImageRows): AttemptFinder {
  const keysOf = (ref: ImageRef) =>
    rows.rows().filter(({ image_id }) => image_id === ref.imageId).map((row) => {
      const { generation, attempt, status } = row;
      return { ref, generation: `${generation}`, attempt: Number(attempt), status: `${status}` };
    });
  return { attempts: (refs) => Promise.resolve(refs.flatMap(keysOf)) };
}

/** The world's stores and empty tables. */
function afterLoss({ ports }: TestWorld) {
  const rows = new MemoryImageRows();
  const rebuild: RebuildRowsPorts = { ...ports, records: rows, attempts: attemptsIn(rows) };
  return { rows, rebuild };
}

async function filledWorld(): Promise<{ world: TestWorld; refs: ImageRef[] }> {
  const world = new TestWorld();
  const refs = [0, 1, 2, 3].map(() => sampleRef(NOON_MS));
  const [ready, rejected, failed, replayed] = refs;
  assert.ok(ready && rejected && failed && replayed);
  await world.process(ready);
  await world.process(rejected, { bytes: NOT_AN_IMAGE });
  await markFailed(world.ports, await world.upload(failed));
  await world.process(replayed);
  world.clock.nowMs += 60_000;
  const pixels = new FakePixelEngine({ version: "2", custom: { blur_score: 0.5 } });
  await replayImage({ ...world.ports, pixels, processorVersion: "newer" }, replayed);
  return { world, refs };
}

test("rebuildRows() makes of the manifests the very rows that readers take, own columns too", async () => {
  const { world, refs } = await filledWorld();
  const { rows, rebuild } = afterLoss(world);
  const none = { tooLate: 0, erased: 0, failed: 0 };
  const all = { lookedAt: 4, missing: 4, published: 4, ...none };
  assert.deepEqual(await rebuildRows(rebuild), all);
  assert.deepEqual(
    await rebuildRows(rebuild),
    { ...all, missing: 0, published: 0 },
    "then nothing",
  );
  const whole = { ...world.ports, attempts: attemptsIn(world.rows) };
  assert.equal((await rebuildRows(whole)).missing, 0, "nor where nothing was lost");
  assert.equal(rows.rows().length, 4);
  const lost = refs.map((ref) => newestRowOf(world, ref));
  const rebuilt = refs.map((ref) => rows.rows().find(({ image_id }) => image_id === ref.imageId));
  assert.deepEqual(rebuilt, lost);
  assert.equal(rebuilt[3]?.["blur_score"], 0.5);
});

test("rebuildRows() only counts in a dry run and behind the write cutoff, and only the days that it is given", async () => {
  const { world } = await filledWorld();
  const { rows, rebuild } = afterLoss(world);
  assert.equal((await rebuildRows(rebuild, { days: ["2026-03-13"] })).lookedAt, 0);
  const reported: number[] = [];
  const onProgress = ({ lookedAt }: { readonly lookedAt: number }) => void reported.push(lookedAt);
  const dry = await rebuildRows(rebuild, { days: ["2026-03-14"], isDryRun: true, onProgress });
  assert.deepEqual([dry.missing, dry.published, reported], [4, 0, [4]]);
  world.clock.nowMs = NOON_MS + periodMs - closingMs;
  const late = await rebuildRows(rebuild);
  assert.deepEqual([late.missing, late.tooLate, rows.rows().length], [4, 4, 0]);
});

test("rebuildRows() leaves no row of an image whose erasure ran between question and record", async () => {
  const { world, refs } = await filledWorld();
  const { rows, rebuild } = afterLoss(world);
  const [erased] = refs;
  assert.ok(erased !== undefined);
  const records = withCalls(rows, {
    async publish(...record: Parameters<typeof rows.publish>) {
      const [{ row }] = record;
      if (row.image_id === erased.imageId && row.status !== "erased") {
        await world.requestErasure(erased);
        await processErasure({ ...world.ports, records: rows }, await world.delivery(erased));
      }
      await rows.publish(...record);
    },
  });
  const done = await rebuildRows({ ...rebuild, records });
  assert.deepEqual([done.published, done.erased], [3, 1]);
  Object.assign(world, { rows, ports: { ...world.ports, rows } });
  await world.settle();
  assertErased(world, erased);
});

test("rebuildRows() looks attempts up by the image, whatever reference its caller gave it", async () => {
  const world = new TestWorld();
  await world.process(sampleRef(NOON_MS), { declaration: { source: "edge", ref: "invoice-7" } });
  const whole = { ...world.ports, attempts: attemptsIn(world.rows) };
  assert.deepEqual([(await rebuildRows(whole)).missing, world.rows.rows().length], [0, 1]);
});

test("rebuildRows() counts what it cannot publish, and publishes it the next time", async () => {
  const { world } = await filledWorld();
  const { rows, rebuild } = afterLoss(world);
  let calls = 0;
  const away = withCalls(rows, {
    publish: (...record: Parameters<typeof rows.publish>) =>
      calls++ === 1
        ? Promise.reject(new AppError("unavailable", "Pub/Sub is away"))
        : rows.publish(...record),
  });
  const first = await rebuildRows({ ...rebuild, records: away });
  assert.deepEqual([first.published, first.failed], [3, 1]);
  const second = await rebuildRows(rebuild);
  assert.deepEqual([second.missing, second.published, second.failed], [1, 1, 0]);
});
