import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../errors.ts";
import { manifestName, rawName } from "../model/object_name.ts";
import { ImageRejected } from "../model/reject_reason.ts";
import { removeLive } from "../retention/erase_image.ts";
import { RETENTION_POLICY } from "../retention/policy.ts";
import {
  assertErased,
  assertPinsLive,
  assertReady,
  manifestOf,
  newestRowOf,
} from "../testing/assert_ready.ts";
import { withCalls } from "../testing/crashing_ports.ts";
import { FakePixelEngine, type FakePixelEngineOptions } from "../testing/fake_pixel_engine.ts";
import { NOT_AN_IMAGE } from "../testing/sample_images.ts";
import { sampleRef } from "../testing/sample_row.ts";
import {
  NOON_MS,
  TestWorld,
  type TestWorldOptions,
  type WorldPorts,
} from "../testing/test_world.ts";
import { markFailed } from "./mark_failed.ts";
import { processImage } from "./process_image.ts";
import { replayImage } from "./replay_image.ts";

const ref = sampleRef(NOON_MS);
const { periodMs, closingMs } = RETENTION_POLICY;
const CORRUPT = () => Promise.reject(new ImageRejected("corrupt", "the decoder cannot read it"));

/** The same stores for a newer processor. */
function newer<Ports extends WorldPorts>(ports: Ports, engine: FakePixelEngineOptions = {}): Ports {
  const pixels = new FakePixelEngine({ version: "2", ...engine });
  return { ...ports, pixels, processorVersion: "newer" };
}

async function processed(options: TestWorldOptions = {}): Promise<TestWorld> {
  const world = new TestWorld(options);
  await world.process(ref);
  world.clock.nowMs += 3_600_000;
  return world;
}

test("replayImage() makes an image anew: other renditions, a row on top, nothing of the old ones", async () => {
  const world = await processed();
  const before = await manifestOf(world, ref);
  const outcome = await replayImage(newer(world.ports), ref);
  const manifest = await assertReady(world, ref);
  assert.deepEqual(outcome, { outcome: "replayed", ref, manifest, was: "ready" });
  assert.deepEqual(manifest.renditions.map(({ name }) => name), ["large", "medium", "thumb"]);
  assert.deepEqual([manifest.engine, manifest.processorVersion], ["fake 2", "newer"]);
  const objects = new Set(before.renditions.map(({ object }) => object));
  assert.ok(manifest.renditions.every(({ object }) => !objects.has(object)));
  const row = newestRowOf(world, ref);
  assert.deepEqual([row?.attempt, row?.processor_version], [1_001, "newer"]);
  assert.equal(row?.queue_ms, null, "it has not waited since its upload");
  assert.equal((await replayImage(newer(world.ports), ref)).outcome, "current");
  world.clock.nowMs += 1;
  await replayImage({ ...newer(world.ports), processorVersion: "newest" }, ref);
  assert.equal((await assertReady(world, ref)).attempt, 1_002);
});

test("replayImage() gives rejected and failed images another chance, and finds the same fault again", async () => {
  const text = new TestWorld();
  await text.process(ref, { bytes: NOT_AN_IMAGE });
  const outcome = await replayImage(newer(text.ports), ref);
  assert.equal(outcome.outcome === "replayed" && outcome.manifest.reason, "not_an_image");
  const rejected = await processed({ engine: { before: CORRUPT } });
  assert.equal((await replayImage(newer(rejected.ports), ref)).outcome, "replayed");
  await assertReady(rejected, ref);
  const failed = new TestWorld();
  await markFailed(failed.ports, await failed.upload(ref));
  failed.clock.nowMs += 1;
  // A failed image is nobody's last word: the same version may try it again.
  assert.equal((await replayImage(failed.ports, ref)).outcome, "replayed");
  await assertReady(failed, ref);
});

test("replayImage() takes a ready image from its owner only where it may", async () => {
  const world = await processed();
  const before = await manifestOf(world, ref);
  const rows = world.rows.rows().length;
  const strict = newer(world.ports, { before: CORRUPT });
  const kept = await replayImage(strict, ref);
  assert.equal(kept.outcome === "kept" && kept.manifest.reason, "corrupt");
  assert.deepEqual([await assertReady(world, ref), world.rows.rows().length], [before, rows]);
  assert.equal((await replayImage(strict, ref, { mayReject: true })).outcome, "replayed");
  const { status, reason, renditions } = await manifestOf(world, ref);
  assert.deepEqual([status, reason, renditions], ["rejected", "corrupt", []]);
  assert.deepEqual(world.processed.names(), [manifestName(ref)]);
  assert.equal(newestRowOf(world, ref)?.status, "rejected");
});

test("replayImage() leaves what is open, erased, gone or too late, then or when it ends, as it is", async () => {
  const slow = await processed();
  const before = () => void (slow.clock.nowMs = NOON_MS + periodMs - closingMs);
  assert.equal((await replayImage(newer(slow.ports, { before }), ref)).outcome, "too_late");
  assert.equal((await assertPinsLive(slow.processed, ref))?.processorVersion, "test");
  assert.equal(slow.rows.rows().length, 1);
  const erased = await processed();
  await erased.requestErasure(ref);
  assert.equal((await replayImage(newer(erased.ports), ref)).outcome, "erased");
  await erased.settle();
  assertErased(erased, ref);
  const open = new TestWorld();
  await open.upload(ref);
  assert.equal((await replayImage(newer(open.ports), ref)).outcome, "open");
  const gone = await processed();
  assert.ok(await removeLive(gone.raw, rawName(ref)));
  assert.equal((await replayImage(newer(gone.ports), ref)).outcome, "gone");
  await assertReady(gone, ref);
  const late = await processed();
  late.clock.nowMs = NOON_MS + periodMs - closingMs;
  assert.equal((await replayImage(newer(late.ports), ref)).outcome, "too_late");
  late.clock.nowMs -= 1;
  assert.equal((await replayImage(newer(late.ports), ref)).outcome, "replayed");
});

test("replayImage() leaves the image as it was when a store is away", async () => {
  const world = await processed();
  const before = await manifestOf(world, ref);
  const replace = () => Promise.reject(new AppError("unavailable", "The store is away"));
  const stores = { processed: withCalls(world.processed, { replace }) };
  const replaying = replayImage({ ...newer(world.ports), ...stores }, ref);
  await assert.rejects(replaying, { code: "unavailable" });
  assert.deepEqual(await assertPinsLive(world.processed, ref), before);
  // What it left goes with the next replay.
  world.clock.nowMs += 1;
  await replayImage(newer(world.ports), ref);
  await assertReady(world, ref);
});

test("a delivery that comes again after a replay publishes that one's record", async () => {
  const world = await processed();
  await replayImage(newer(world.ports), ref);
  const before = await manifestOf(world, ref);
  const again = await processImage(world.ports, await world.delivery(ref));
  assert.equal(again.outcome, "already");
  assert.deepEqual(await assertReady(world, ref), before);
  const ids = world.rows.records().map(({ attributes }) => attributes.event_id);
  assert.deepEqual([ids.length, new Set(ids).size, ids[2]], [3, 2, ids[1]]);
});
