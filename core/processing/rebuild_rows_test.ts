import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../errors.ts";
import { type ImageRef, markerName } from "../model/object_name.ts";
import type { AttemptFinder } from "../ports/image_selector.ts";
import { RETENTION_POLICY } from "../retention/policy.ts";
import { assertErased, newestRowOf } from "../testing/assert_ready.ts";
import { withCalls } from "../testing/crashing_ports.ts";
import { MemoryRowSink } from "../testing/memory_row_sink.ts";
import { FakePixelEngine } from "../testing/fake_pixel_engine.ts";
import { NOT_AN_IMAGE } from "../testing/sample_images.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { markFailed } from "./mark_failed.ts";
import { processImage } from "./process_image.ts";
import { rebuildRows, type RebuildRowsPorts } from "./rebuild_rows.ts";
import { replayImage } from "./replay_image.ts";

const { periodMs, closingMs } = RETENTION_POLICY;

/** What a warehouse answers. */
function attemptsIn(rows: MemoryRowSink): AttemptFinder {
  return {
    attempts: (refs) =>
      Promise.resolve(
        refs.flatMap((ref) =>
          rows.rows().filter(({ image_id }) => image_id === ref.imageId).map((row) => ({
            ref,
            generation: String(row.generation),
            attempt: Number(row.attempt),
            status: String(row.status),
          }))
        ),
      ),
  };
}

/** The world's stores and an empty warehouse. */
function afterLoss({ ports, clock }: TestWorld) {
  const rows = new MemoryRowSink({ clock });
  const rebuild: RebuildRowsPorts = { ...ports, rows, attempts: attemptsIn(rows) };
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
  const all = { lookedAt: 4, missing: 4, appended: 4, ...none };
  assert.deepEqual(await rebuildRows(rebuild), all);
  const lost = refs.map((ref) => newestRowOf(world, ref));
  const rebuilt = refs.map((ref) => rows.rows().find(({ image_id }) => image_id === ref.imageId));
  assert.deepEqual(rebuilt, lost);
  assert.equal(rebuilt[3]?.["blur_score"], 0.5);
});

test("rebuildRows() finds nothing to do the second time, nor where nothing was lost", async () => {
  const { world } = await filledWorld();
  const { rows, rebuild } = afterLoss(world);
  await rebuildRows(rebuild);
  assert.equal((await rebuildRows(rebuild)).missing, 0);
  assert.equal(rows.rows().length, 4);
  const whole = { ...world.ports, attempts: attemptsIn(world.rows) };
  assert.equal((await rebuildRows(whole)).missing, 0);
});

test("rebuildRows() only counts in a dry run, and only the days that it is given", async () => {
  const { world } = await filledWorld();
  const { rows, rebuild } = afterLoss(world);
  assert.equal((await rebuildRows(rebuild, { days: ["2026-03-13"] })).lookedAt, 0);
  const told: number[] = [];
  const onProgress = ({ lookedAt }: { readonly lookedAt: number }) => void told.push(lookedAt);
  const dry = await rebuildRows(rebuild, { days: ["2026-03-14"], isDryRun: true, onProgress });
  assert.deepEqual([dry.missing, dry.appended, rows.rows().length, told], [4, 0, 0, [4]]);
});

test("rebuildRows() inserts nothing from the first millisecond of closing time", async () => {
  const { world } = await filledWorld();
  const { rows, rebuild } = afterLoss(world);
  world.clock.nowMs = NOON_MS + periodMs - closingMs;
  const done = await rebuildRows(rebuild);
  assert.deepEqual([done.missing, done.tooLate, rows.rows().length], [4, 4, 0]);
});

test("rebuildRows() leaves no row of an image whose erasure ran between question and row", async () => {
  const { world, refs } = await filledWorld();
  const { rows, rebuild } = afterLoss(world);
  const [erased] = refs;
  assert.ok(erased !== undefined);
  const append = rows.append.bind(rows);
  Object.assign(rows, {
    async append(...row: Parameters<typeof append>) {
      if (row[0].image_id === erased.imageId) {
        await world.mark(erased);
        const marker = { objectName: markerName(erased), attempt: 1 };
        await processImage({ ...world.ports, rows }, marker);
      }
      await append(...row);
    },
  });
  const done = await rebuildRows(rebuild);
  assert.deepEqual([done.appended, done.erased], [3, 1]);
  assert.ok(rows.rows().every(({ image_id }) => image_id !== erased.imageId));
  await world.rows.remove(erased); // the lost warehouse's
  assertErased(world, erased);
});

test("rebuildRows() counts what it cannot append, and appends it the next time", async () => {
  const { world } = await filledWorld();
  const { rows, rebuild } = afterLoss(world);
  let calls = 0;
  const append = rows.append.bind(rows);
  const away = withCalls(rows, {
    append: (...row: Parameters<typeof append>) =>
      calls++ === 1
        ? Promise.reject(new AppError("unavailable", "The warehouse is away"))
        : append(...row),
  });
  const first = await rebuildRows({ ...rebuild, rows: away });
  assert.deepEqual([first.appended, first.failed], [3, 1]);
  const second = await rebuildRows(rebuild);
  assert.deepEqual([second.missing, second.appended, second.failed], [1, 1, 0]);
});
