import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../errors.ts";
import type { ImageRef } from "../model/object_name.ts";
import type { ImageSelection } from "../ports/image_selector.ts";
import { RETENTION_POLICY } from "../retention/policy.ts";
import { assertReady } from "../testing/assert_ready.ts";
import { FakePixelEngine } from "../testing/fake_pixel_engine.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { ManualClock, NOON_MS, TestWorld } from "../testing/test_world.ts";
import { replayImages, selectForReplay } from "./replay_images.ts";

const { periodMs, closingMs } = RETENTION_POLICY;
const HOW = { atOnce: 3, mayReject: false };

async function processedWorld(images: number): Promise<{ world: TestWorld; refs: ImageRef[] }> {
  const world = new TestWorld();
  const refs = Array.from({ length: images }, () => sampleRef(NOON_MS));
  for (const ref of refs) await world.process(ref);
  world.clock.nowMs += 60_000;
  return { world, refs };
}

const newer = (world: TestWorld) => ({
  ...world.ports,
  pixels: new FakePixelEngine({ version: "2" }),
  processorVersion: "newer",
});

async function selectionAt(nowMs: number, day?: string): Promise<ImageSelection | undefined> {
  let asked: ImageSelection | undefined;
  const selector = {
    select: (selection: ImageSelection) => {
      asked = selection;
      return Promise.resolve({ images: 1, bytes: 1, workMs: 1, refs: [] });
    },
  };
  const clock = new ManualClock(nowMs);
  await selectForReplay({ selector, policy: RETENTION_POLICY, clock }, { day, max: 7, where: "x" });
  return asked;
}

test("selectForReplay() asks for a day, or for all that is kept, and never for what is too late", async () => {
  const dayMs = Date.UTC(2026, 2, 14);
  const ofDay = { fromMs: dayMs, toMs: dayMs + 86_400_000, where: "x", max: 7 };
  assert.deepEqual(await selectionAt(NOON_MS, "2026-03-14"), ofDay);
  const oldestOpenMs = NOON_MS - periodMs + closingMs + 1;
  const { fromMs, toMs = 0 } = await selectionAt(NOON_MS) ?? {};
  assert.deepEqual([fromMs, toMs - NOON_MS], [oldestOpenMs, 10_000]);
  const half = new Date(oldestOpenMs).toISOString().slice(0, 10);
  assert.equal((await selectionAt(NOON_MS, half))?.fromMs, oldestOpenMs);
  assert.equal(await selectionAt(NOON_MS, "2026-03-01"), undefined, "over for long");
});

test("replayImages() replays each, reports how far it is, and passes over what it has done", async () => {
  const { world, refs } = await processedWorld(7);
  const reported: number[] = [];
  const onEnd = ({ replayed }: { readonly replayed: number }) => void reported.push(replayed);
  const tally = await replayImages(newer(world), refs, { ...HOW, onEnd });
  const none = {
    ...{ replayed: 0, kept: 0, current: 0, overtaken: 0, open: 0, failed: 0 },
    ...{ erased: 0, gone: 0, too_late: 0 },
  };
  assert.deepEqual(tally, { ...none, replayed: 7 });
  assert.deepEqual([reported.at(-1), reported.length], [7, 7]);
  for (const ref of refs) await assertReady(world, ref);
  const again = await replayImages(newer(world), refs, HOW);
  assert.deepEqual(again, { ...none, current: 7 });
});

test("replayImages() counts what fails, goes on, and leaves it as it was", async () => {
  const { world, refs } = await processedWorld(5);
  const [broken] = refs;
  const before = new FakePixelEngine({ version: "2" });
  let rendered = 0;
  const pixels = {
    render: (...request: Parameters<typeof before.render>) => {
      if (rendered++ === 0) throw new AppError("unavailable", "no place was free");
      return before.render(...request);
    },
  };
  const failures: (string | undefined)[] = [];
  const tally = await replayImages({ ...newer(world), pixels }, refs, {
    ...HOW,
    atOnce: 1,
    onEnd: (_, failure) => void failures.push(failure?.message),
  });
  assert.deepEqual([tally.replayed, tally.failed], [4, 1]);
  assert.deepEqual(failures.filter(Boolean), ["no place was free"]);
  assert.ok(broken !== undefined);
  assert.equal((await assertReady(world, broken)).processorVersion, "test");
});

test("replayImages() stops where nothing works any more", async () => {
  const { world, refs } = await processedWorld(40);
  const render = () => Promise.reject(new AppError("unavailable", "the warehouse is away"));
  let ended = 0;
  await assert.rejects(
    replayImages({ ...newer(world), pixels: { render } }, refs, { ...HOW, onEnd: () => ended++ }),
    { code: "unavailable", message: /20 images failed in a row/ },
  );
  assert.ok(ended >= 20 && ended < 25, String(ended));
});

test("replayImages() ends with its signal", async () => {
  const { world, refs } = await processedWorld(10);
  const stopping = new AbortController();
  const stop = new Error("stopped");
  const onEnd = () => stopping.abort(stop);
  const { signal } = stopping;
  const how = { ...HOW, atOnce: 1, onEnd, signal };
  await assert.rejects(replayImages(newer(world), refs, how), stop);
  const versions = world.rows.rows().map(({ processor_version }) => processor_version);
  assert.deepEqual([...new Set(versions)], ["test", "newer"]);
  assert.equal(versions.filter((version) => version === "newer").length, 1);
});
