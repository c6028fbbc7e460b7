import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../errors.ts";
import { type ImageRef, rawName, SHARDS } from "../model/object_name.ts";
import { parseOwner } from "../model/owner.ts";
import { parseTenant } from "../model/tenant.ts";
import { DAY_MS } from "../model/utc_day.ts";
import { markFailed } from "../processing/mark_failed.ts";
import { processErasure } from "../processing/process_erasure.ts";
import { processImage } from "../processing/process_image.ts";
import { assertReady, manifestOf } from "../testing/assert_ready.ts";
import { withCalls } from "../testing/crashing_ports.ts";
import { NOT_AN_IMAGE } from "../testing/sample_images.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld, type TestWorldOptions } from "../testing/test_world.ts";
import { eraseImage } from "./erase_image.ts";
import { RETENTION_POLICY } from "./policy.ts";
import { repairImages } from "./repair_images.ts";

const { repairAfterMs, periodMs, closingMs } = RETENTION_POLICY;
const NOTHING = { lookedAt: 0, republished: 0, survived: 0 };

/** Does something as if it were another time. */
async function at<T>(world: TestWorld, nowMs: number, act: () => Promise<T>): Promise<T> {
  const before = world.clock.nowMs;
  world.clock.nowMs = nowMs;
  const result = await act();
  world.clock.nowMs = before;
  return result;
}

/** Puts a raw object that was complete at `createdMs`. */
async function put(
  world: TestWorld,
  createdMs: number,
  { become, ...values }: Partial<ImageRef> & { become?: "ready" | "rejected" | "failed" } = {},
): Promise<ImageRef> {
  const ref = { ...sampleRef(createdMs), ...values };
  const upload = become === "rejected" ? { bytes: NOT_AN_IMAGE } : {};
  await at(world, createdMs, async () => {
    const delivery = await world.upload(ref, upload);
    if (become !== undefined) {
      await (become === "failed" ? markFailed : processImage)(world.ports, delivery);
    }
  });
  return ref;
}

/** What the published events are about, delivered. */
async function deliverAll(world: TestWorld): Promise<string[]> {
  const events = world.events.splice(0);
  for (const { bucket, name } of events) {
    const delivery = { objectName: name, generation: "1", attempt: 1 };
    await (bucket === "raw" ? processImage : processErasure)(world.ports, delivery);
  }
  return events.map(({ bucket, name }) => `${bucket} ${name}`).toSorted();
}

test("repairImages() publishes what is open and older than the bound, of every day, and nothing younger", async () => {
  const world = new TestWorld();
  const ages = [repairAfterMs, repairAfterMs + 1, DAY_MS, 3 * DAY_MS, 6 * DAY_MS];
  const open: ImageRef[] = [];
  for (const ageMs of ages) open.push(await put(world, NOON_MS - ageMs));
  await put(world, NOON_MS - repairAfterMs + 1);
  const failed = await put(world, NOON_MS - DAY_MS, { become: "failed" });
  open.push(failed);
  assert.deepEqual(await repairImages(world.ports), { ...NOTHING, lookedAt: 7, republished: 6 });
  assert.deepEqual(await deliverAll(world), open.map((ref) => `raw ${rawName(ref)}`).toSorted());
  for (const ref of open) await assertReady(world, ref);
  assert.deepEqual(await repairImages(world.ports), { ...NOTHING, lookedAt: 7 });
});

test("repairImages() skips final images without reading their manifests, and counts calls by pages", async () => {
  const calls: string[] = [];
  const before = (operation: string) => void calls.push(operation);
  const world = new TestWorld({ raw: { before }, processed: { before } });
  for (let n = 0; n < 12; n++) {
    await put(world, NOON_MS - DAY_MS - n, { become: n % 2 === 0 ? "ready" : "rejected" });
  }
  calls.length = 0;
  assert.deepEqual(await repairImages(world.ports), { ...NOTHING, lookedAt: 12 });
  const folders = 8 * SHARDS.length;
  assert.deepEqual(calls, Array.from({ length: 2 * folders }, () => "list"));
});

test("repairImages() finds the open ones among final ones, in names that are prefixes of each other", async () => {
  const world = new TestWorld();
  const open: string[] = [];
  for (const tenant of ["a", "a-b", "a0", "ab", "b"].map(parseTenant)) {
    for (const owner of ["a", "m", "7"].map((shard) => parseOwner(shard.repeat(20)))) {
      for (const become of ["ready", undefined, "rejected", undefined] as const) {
        const isOpen = become === undefined;
        const ref = await put(world, NOON_MS - DAY_MS, {
          tenant,
          owner,
          ...(isOpen ? {} : { become }),
        });
        if (isOpen) open.push(`raw ${rawName(ref)}`);
      }
    }
  }
  assert.deepEqual(await repairImages(world.ports), { ...NOTHING, lookedAt: 60, republished: 30 });
  assert.deepEqual(await deliverAll(world), open.toSorted());
});

test("repairImages() looks into the shards that are named", async () => {
  const world = new TestWorld();
  for (const shard of ["a", "m", "z"]) {
    await put(world, NOON_MS - DAY_MS, { owner: parseOwner(shard.repeat(20)) });
  }
  const shards = ["a", "z"];
  assert.equal((await repairImages(world.ports, { shards })).republished, 2);
});

for (
  const [what, leave] of [
    ["its raw object", (world, ref) => world.upload(ref)],
    ["a rendition", (world, ref) => world.processed.put(`${rawName(ref)}/thumb.jpg`)],
    ["its manifest and raw object", (world, ref) => world.process(ref)],
  ] as readonly (readonly [string, (world: TestWorld, ref: ImageRef) => Promise<unknown>])[]
) {
  test(`repairImages() publishes the request again beside which there is ${what}`, async () => {
    const world = new TestWorld();
    const ref = sampleRef(NOON_MS - DAY_MS);
    const dueMs = NOON_MS - repairAfterMs;
    await put(world, NOON_MS - DAY_MS - 1, { become: "ready" });
    await at(world, dueMs + 1, () => leave(world, ref));
    await at(world, dueMs, async () => {
      await world.requestErasure(ref);
      await world.requestErasure(await put(world, dueMs, { become: "ready" }));
      await world.requestErasure(sampleRef(dueMs));
    });
    assert.equal((await repairImages(world.ports)).survived, 1, "the young one may be under way");
    world.clock.nowMs++;
    world.events.length = 0;
    const { republished, survived } = await repairImages(world.ports);
    assert.deepEqual([republished, survived], [0, 2]);
    await deliverAll(world);
    const left = world.names().filter((name) => name.includes(ref.imageId));
    assert.deepEqual(left.map((name) => name.slice(0, 2)).toSorted(), ["a/", "er"]);
  });
}

test("repairImages() throws what publishing throws, and the next run does the rest", async () => {
  const world = new TestWorld();
  for (let n = 0; n < 5; n++) await put(world, NOON_MS - DAY_MS - n);
  let calls = 0;
  const republish: typeof world.ports.events.republish = async (...event) => {
    if (++calls === 2) throw new AppError("unavailable", "Pub/Sub is away");
    await world.ports.events.republish(...event);
  };
  const events = withCalls(world.ports.events, { republish });
  await assert.rejects(repairImages({ ...world.ports, events }), { code: "unavailable" });
  await deliverAll(world);
  assert.deepEqual(await repairImages(world.ports), { ...NOTHING, lookedAt: 5, republished: 4 });
});

test("repairImages() ends where its time is over", async () => {
  const ending = new AbortController();
  const options: TestWorldOptions = {
    raw: { before: () => ending.abort(new DOMException("The time is over", "TimeoutError")) },
  };
  const { signal } = ending;
  const running = repairImages(new TestWorld(options).ports, { signal });
  await assert.rejects(running, { name: "TimeoutError" });
});

test("repairImages() has rejected what is behind its write cutoff, and deleted what is over", async () => {
  const world = new TestWorld();
  const closing = await put(world, NOON_MS - periodMs + closingMs);
  await put(world, NOON_MS - periodMs);
  assert.equal((await repairImages(world.ports)).republished, 2);
  await deliverAll(world);
  assert.equal((await manifestOf(world, closing)).reason, "too_late");
  assert.deepEqual(world.raw.names(), [rawName(closing)]);
});

test("repairImages() leaves names that are not ours, and requests with nothing beside them", async () => {
  const world = new TestWorld();
  const ref = await put(world, NOON_MS - DAY_MS, { become: "ready" });
  const erased = await put(world, NOON_MS - DAY_MS, { become: "ready" });
  await at(world, NOON_MS - DAY_MS, async () => {
    await world.requestErasure(erased);
    await eraseImage(world.ports, erased);
    await world.raw.put(`${rawName(ref)}x`);
  });
  assert.deepEqual(await repairImages(world.ports), { ...NOTHING, lookedAt: 1 });
  await assertReady(world, ref);
});
