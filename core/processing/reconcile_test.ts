import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../errors.ts";
import { type ImageRef, manifestName } from "../model/object_name.ts";
import { parseTenant } from "../model/tenant.ts";
import { RETENTION_POLICY } from "../retention/policy.ts";
import { assertReady, manifestOf } from "../testing/assert_ready.ts";
import { NOT_AN_IMAGE, PNG_PIXEL } from "../testing/sample_images.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { markFailed } from "./mark_failed.ts";
import { processImage } from "./process_image.ts";
import { reconcile } from "./reconcile.ts";

const DAY_MS = 86_400_000;
const { reconcileAfterMs, periodMs, closingMs } = RETENTION_POLICY;

/** Puts a raw object that was complete at `createdMs`. */
async function put(
  world: TestWorld,
  createdMs: number,
  values: Partial<ImageRef> & { readonly bytes?: typeof PNG_PIXEL } = {},
) {
  const { bytes = PNG_PIXEL, ...of } = values;
  const { nowMs } = world.clock;
  const ref = { ...sampleRef(createdMs), ...of };
  world.clock.nowMs = createdMs;
  const delivery = await world.upload(ref, { bytes });
  world.clock.nowMs = nowMs;
  return { ref, delivery };
}

/** A world whose engine throws at one of its pictures, counted from 1. */
function breakingAt(picture: number, error: Error): TestWorld {
  let pictures = 0;
  const before = () => {
    if (++pictures === picture) throw error;
  };
  return new TestWorld({ engine: { before } });
}

test("reconcile() processes what is open and older than the bound, of every day, and nothing younger", async () => {
  const world = new TestWorld();
  const ages = [reconcileAfterMs, reconcileAfterMs + 1, DAY_MS, 3 * DAY_MS, 6 * DAY_MS];
  const open: ImageRef[] = [];
  for (const ageMs of ages) open.push((await put(world, NOON_MS - ageMs)).ref);
  const young = await put(world, NOON_MS - reconcileAfterMs + 1);
  assert.deepEqual(await reconcile(world.ports), { lookedAt: 6, processed: 5, failed: 0 });
  for (const ref of open) await assertReady(world, ref);
  assert.equal(await world.processed.stat(manifestName(young.ref)), null);
});

test("reconcile() skips final images without reading their manifests, and counts calls by pages", async () => {
  const calls: string[] = [];
  const before = (operation: string) => void calls.push(operation);
  const world = new TestWorld({ raw: { before }, processed: { before } });
  for (let at = 0; at < 12; at++) {
    const bytes = at % 2 === 0 ? PNG_PIXEL : NOT_AN_IMAGE;
    const { delivery } = await put(world, NOON_MS - DAY_MS - at, { bytes });
    await processImage(world.ports, delivery);
  }
  calls.length = 0;
  assert.deepEqual(await reconcile(world.ports), { lookedAt: 12, processed: 0, failed: 0 });
  const days = 8;
  assert.deepEqual(calls, Array.from({ length: 2 * days }, () => "list"));
});

test("reconcile() finds the open ones among final ones, in tenants whose names are prefixes of each other", async () => {
  const world = new TestWorld();
  const tenants = ["a", "a-b", "a0", "ab", "b"].map(parseTenant);
  const open: ImageRef[] = [];
  for (const tenant of tenants) {
    for (let at = 0; at < 4; at++) {
      const { ref, delivery } = await put(world, NOON_MS - DAY_MS - at * 1000, { tenant });
      if (at % 2 === 0) await processImage(world.ports, delivery);
      else open.push(ref);
    }
  }
  assert.deepEqual(await reconcile(world.ports), { lookedAt: 20, processed: 10, failed: 0 });
  for (const ref of open) await assertReady(world, ref);
});

test("reconcile() tries failed images again", async () => {
  const world = new TestWorld();
  const { ref, delivery } = await put(world, NOON_MS - DAY_MS);
  await markFailed(world.ports, delivery);
  assert.equal((await reconcile(world.ports)).processed, 1);
  await assertReady(world, ref);
});

test("reconcile() counts what fails and goes on", async () => {
  const world = breakingAt(2, new AppError("unavailable", "No place is free"));
  for (let at = 0; at < 5; at++) await put(world, NOON_MS - DAY_MS - at);
  assert.deepEqual(await reconcile(world.ports), { lookedAt: 5, processed: 4, failed: 1 });
  assert.deepEqual(await reconcile(world.ports), { lookedAt: 5, processed: 1, failed: 0 });
});

test("reconcile() throws what is a fault of the program once every other image was processed", async () => {
  const world = breakingAt(1, new TypeError("undefined is not a picture"));
  for (let at = 0; at < 10; at++) await put(world, NOON_MS - at * DAY_MS / 2 - reconcileAfterMs);
  await assert.rejects(() => reconcile(world.ports), TypeError);
  assert.deepEqual(await reconcile(world.ports), { lookedAt: 10, processed: 1, failed: 0 });
});

test("reconcile() ends where its time is over", async () => {
  const ending = new AbortController();
  const before = () => {
    ending.abort(new DOMException("The time is over", "TimeoutError"));
    ending.signal.throwIfAborted();
  };
  const world = new TestWorld({ engine: { before } });
  for (let at = 0; at < 10; at++) await put(world, NOON_MS - DAY_MS - at);
  const { signal } = ending;
  await assert.rejects(() => reconcile(world.ports, { signal }), { name: "TimeoutError" });
});

test("reconcile() rejects in closing time and deletes what is over", async () => {
  const world = new TestWorld();
  const closing = await put(world, NOON_MS - periodMs + closingMs);
  const expired = await put(world, NOON_MS - periodMs);
  assert.equal((await reconcile(world.ports)).processed, 2);
  assert.equal((await manifestOf(world, closing.ref)).reason, "too_late");
  assert.deepEqual(world.raw.names(), [closing.delivery.objectName]);
  assert.ok(!world.raw.names().includes(expired.delivery.objectName));
});

test("reconcile() leaves names that are not ours and markers aside", async () => {
  const world = new TestWorld();
  const { ref, delivery } = await put(world, NOON_MS - DAY_MS);
  await processImage(world.ports, delivery);
  await world.mark(sampleRef(NOON_MS - DAY_MS));
  await world.raw.put(`${delivery.objectName}x`);
  world.clock.nowMs = NOON_MS + 1;
  assert.deepEqual(await reconcile(world.ports), { lookedAt: 1, processed: 0, failed: 0 });
  await assertReady(world, ref);
});
