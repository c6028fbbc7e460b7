import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../errors.ts";
import { type ImageRef, rawName, repairNoteName, SHARDS } from "../model/object_name.ts";
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
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { eraseImage } from "./erase_image.ts";
import { RETENTION_POLICY } from "./policy.ts";
import { type Repaired, repairImages } from "./repair_images.ts";

const { repairAfterMs, repairIntervalMs, eventDelayMs, failedAfterMs } = RETENTION_POLICY;
const { periodMs, closingMs } = RETENTION_POLICY;
const HOUR_MS = 3_600_000;
const AT_ONCE = { sinceMs: 0 };

/** What was counted, without what is nothing. */
function countsOf({ oldestWaitingMs: _, isAgeKnown, ...counts }: Repaired) {
  assert.ok(isAgeKnown);
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

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

test("repairImages() finds a lost event within 27 hours, not before 3, in whatever shard it is", async () => {
  const world = new TestWorld();
  for (const shard of SHARDS) await put(world, NOON_MS, { owner: parseOwner(shard.repeat(20)) });
  const foundAfterMs: number[] = [];
  for (let runs = 0; runs * repairIntervalMs <= 27 * HOUR_MS; runs++) {
    world.clock.nowMs = NOON_MS + runs * repairIntervalMs;
    const { shards, republished } = await repairImages(world.ports);
    assert.ok(shards <= 1, "each run lists a shard at most");
    for (let n = 0; n < republished; n++) foundAfterMs.push(runs * repairIntervalMs);
    await deliverAll(world);
  }
  assert.equal(foundAfterMs.length, SHARDS.length);
  assert.ok(Math.min(...foundAfterMs) >= repairAfterMs);
});

test("repairImages() at once publishes every lost event since a time, and none that may still wait", async () => {
  const world = new TestWorld();
  world.oldestWaitingMs = 2 * HOUR_MS;
  const ages = [2 * HOUR_MS + eventDelayMs, 5 * HOUR_MS, DAY_MS, 3 * DAY_MS, 6 * DAY_MS];
  const lost: ImageRef[] = [];
  for (const ageMs of ages) lost.push(await put(world, NOON_MS - ageMs));
  await put(world, NOON_MS - 2 * HOUR_MS - eventDelayMs + 1);
  for (const become of ["ready", "rejected", "failed"] as const) {
    await put(world, NOON_MS - DAY_MS, { become });
  }
  world.rows.write(...world.rows.rows().filter(({ status }) => status === "failed"));
  const sinceMs = NOON_MS - 4 * DAY_MS;
  const options = { sinceMs, hasFailed: false };
  const counts = { shards: 32, lookedAt: 8, waiting: 1, republished: 4 };
  const dry = await repairImages(world.ports, { ...options, isDryRun: true });
  assert.deepEqual(countsOf(dry), counts);
  assert.deepEqual([world.events, world.notes.names()], [[], []], "a dry run changes nothing");
  assert.deepEqual(countsOf(await repairImages(world.ports, options)), counts);
  const expected = lost.slice(0, 4).map((ref) => `raw ${rawName(ref)}`);
  assert.deepEqual(await deliverAll(world), expected.toSorted());
  for (const ref of lost.slice(0, 4)) await assertReady(world, ref);
});

test("repairImages() that cannot learn how long events have waited looks at nothing, and reports so", async () => {
  let calls = 0;
  const world = new TestWorld({ raw: { before: () => void calls++ } });
  await put(world, NOON_MS - DAY_MS);
  await put(world, NOON_MS - DAY_MS, { become: "failed" });
  calls = 0;
  world.oldestWaitingMs = undefined;
  for (const options of [{}, AT_ONCE]) {
    const { isAgeKnown, oldestWaitingMs, shards } = await repairImages(world.ports, options);
    assert.deepEqual([isAgeKnown, oldestWaitingMs, shards], [false, null, 0]);
  }
  assert.deepEqual([world.events, calls], [[], 0]);
});

test("repairImages() publishes nothing again while what it published may still wait", async () => {
  const world = new TestWorld();
  const ref = await put(world, NOON_MS - DAY_MS);
  const publishedOf = async (options: object) => {
    const { republished, heldBack } = await repairImages(world.ports, { ...AT_ONCE, ...options });
    return [republished, heldBack];
  };
  assert.deepEqual(await publishedOf({}), [1, 0]);
  world.clock.nowMs += HOUR_MS;
  world.oldestWaitingMs = HOUR_MS;
  assert.deepEqual(await publishedOf({}), [0, 1], "its event waits, or another of that time");
  world.oldestWaitingMs = HOUR_MS - 1;
  assert.deepEqual(await publishedOf({}), [1, 0], "it has left the queue and got lost again");
  await deliverAll(world);
  await assertReady(world, ref);
});

test("repairImages() twice at once publishes once, and a crash in between holds back for half an hour", async () => {
  const world = new TestWorld();
  for (let n = 0; n < 5; n++) await put(world, NOON_MS - DAY_MS - n);
  const both = await Promise.all([1, 2].map(() => repairImages(world.ports, AT_ONCE)));
  assert.deepEqual(both.map(({ republished }) => republished).toSorted(), [0, 5]);
  assert.equal(world.events.length, 5);
  const replace = () => Promise.reject(new AppError("unavailable", "The process died"));
  world.clock.nowMs += HOUR_MS;
  const notes = withCalls(world.notes, { replace });
  const { generation = "" } = await world.notes.stat(repairNoteName("a")) ?? {};
  await world.notes.remove(repairNoteName("a"), { generation });
  await assert.rejects(repairImages({ ...world.ports, notes }, AT_ONCE), { code: "unavailable" });
  world.clock.nowMs += HOUR_MS / 2;
  assert.equal((await repairImages(world.ports, AT_ONCE)).heldBack, 1);
  world.clock.nowMs++;
  assert.equal((await repairImages(world.ports, AT_ONCE)).republished, 5);
});

test("repairImages() makes an outage good by few requests, and publishes nothing of it while it waits", async () => {
  const world = new TestWorld();
  const outageMs = 3 * HOUR_MS;
  for (let n = 0; n < 3_000; n++) await world.raw.put(rawName(sampleRef(NOON_MS - outageMs + n)));
  world.clock.nowMs += outageMs;
  world.oldestWaitingMs = 2 * outageMs;
  for (const options of [AT_ONCE, {}]) await repairImages(world.ports, options);
  assert.deepEqual(world.events, []);
  // Its messages have expired instead.
  world.oldestWaitingMs = 0;
  let calls = 0;
  const republish: typeof world.ports.events.republish = async (...events) => {
    calls++;
    await world.ports.events.republish(...events);
  };
  const events = withCalls(world.ports.events, { republish });
  const { republished } = await repairImages({ ...world.ports, events }, AT_ONCE);
  assert.deepEqual([republished, world.events.length, calls], [3_000, 3_000, 1]);
});

/** An image that failed at noon, as often as is said. */
async function failedWorld(failures: number) {
  const world = new TestWorld();
  const ref = await put(world, NOON_MS - HOUR_MS);
  for (let n = failures - 1; n >= 0; n--) {
    await at(world, NOON_MS - n, async () => {
      await markFailed(world.ports, await world.delivery(ref));
    });
  }
  return { world, ref };
}

test("repairImages() publishes a failed image's event after a wait that each failure doubles, once a turn", async () => {
  for (const failures of [1, 2, 3]) {
    const { world, ref } = await failedWorld(failures);
    const waitMs = failedAfterMs * 2 ** failures;
    const publishedAt: number[] = [];
    for (let ageMs = 0; ageMs <= 5 * waitMs; ageMs += repairIntervalMs) {
      world.clock.nowMs = NOON_MS + ageMs;
      const { failed } = await repairImages(world.ports, { shards: [] });
      for (let n = 0; n < failed; n++) publishedAt.push(ageMs / waitMs);
    }
    assert.deepEqual(publishedAt, [1, 2, 4], "again only each time that twice as long has passed");
    assert.equal(new Set(world.events.map(({ name }) => name)).size, 1);
    await deliverAll(world);
    await assertReady(world, ref);
    world.clock.nowMs += waitMs;
    assert.deepEqual(await repairImages(world.ports, { shards: [] }).then(countsOf), {});
  }
});

test("repairImages() holds a failed image back while its last event may still wait, by schedule and at once", async () => {
  const { world } = await failedWorld(1);
  const waitMs = 2 * failedAfterMs;
  const run = async (ageMs: number, waitingMs: number, options: object = {}) => {
    world.clock.nowMs = NOON_MS + ageMs;
    world.oldestWaitingMs = waitingMs;
    const { failed, heldBack } = await repairImages(world.ports, { shards: [], ...options });
    return [failed, heldBack];
  };
  assert.deepEqual(await run(waitMs, 15 * HOUR_MS), [1, 0], "its first event is a dead letter");
  assert.deepEqual(await run(2 * waitMs, waitMs), [0, 1]);
  assert.deepEqual(await run(2 * waitMs, waitMs / 4), [1, 0]);
  assert.deepEqual(await run(3 * waitMs, waitMs, AT_ONCE), [0, 1]);
  assert.deepEqual(await run(3 * waitMs, waitMs / 4, AT_ONCE), [1, 0], "at once needs no turn");
  for (const options of [AT_ONCE, {}]) {
    const found = await run(4 * waitMs, waitMs, options);
    assert.deepEqual(found, [0, 1], "what was done at once is noted, for the schedule too");
  }
});

test("repairImages() finds the open ones among final ones by listings alone, in names that are prefixes of each other", async () => {
  const calls = new Set<string>();
  let isCounting = false;
  const before = (call: string) => void (isCounting && calls.add(call));
  const world = new TestWorld({ raw: { before }, processed: { before } });
  const open: string[] = [];
  for (const tenant of ["a", "a-b", "a0", "ab", "b"].map(parseTenant)) {
    for (const owner of ["a", "m", "7"].map((shard) => parseOwner(shard.repeat(20)))) {
      for (const become of ["ready", undefined, "rejected", undefined] as const) {
        const state = become === undefined ? {} : { become };
        const ref = await put(world, NOON_MS - DAY_MS, { tenant, owner, ...state });
        if (become === undefined) open.push(`raw ${rawName(ref)}`);
      }
    }
  }
  isCounting = true;
  const { lookedAt, republished } = await repairImages(world.ports, AT_ONCE);
  isCounting = false;
  assert.deepEqual([lookedAt, republished, [...calls]], [60, 30, ["list"]]);
  assert.deepEqual(await deliverAll(world), open.toSorted());
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
    const dueMs = NOON_MS - eventDelayMs;
    await put(world, NOON_MS - DAY_MS - 1, { become: "ready" });
    await at(world, dueMs + 1, () => leave(world, ref));
    await at(world, dueMs, async () => {
      await world.requestErasure(ref);
      await world.requestErasure(await put(world, dueMs, { become: "ready" }));
      await world.requestErasure(sampleRef(dueMs));
    });
    const first = await repairImages(world.ports, AT_ONCE);
    assert.equal(first.survived, 1, "the young one may be under way");
    world.clock.nowMs++;
    world.events.length = 0;
    const { republished, survived } = await repairImages(world.ports, AT_ONCE);
    assert.deepEqual([republished, survived], [0, 2]);
    await deliverAll(world);
    const left = world.names().filter((name) => name.includes(ref.imageId));
    assert.deepEqual(left.map((name) => name.slice(0, 2)).toSorted(), ["a/", "er"]);
  });
}

test("repairImages() ends with its signal, throws what publishing throws, and the next run does the rest", async () => {
  const signal = AbortSignal.abort(new DOMException("The time is over", "TimeoutError"));
  const running = repairImages(new TestWorld().ports, { ...AT_ONCE, signal });
  await assert.rejects(running, { name: "TimeoutError" });
  const world = new TestWorld();
  for (let n = 0; n < 5; n++) await put(world, NOON_MS - DAY_MS - n * DAY_MS);
  let calls = 0;
  const republish: typeof world.ports.events.republish = async (...event) => {
    if (++calls === 2) throw new AppError("unavailable", "Pub/Sub is away");
    await world.ports.events.republish(...event);
  };
  const events = withCalls(world.ports.events, { republish });
  await assert.rejects(repairImages({ ...world.ports, events }, AT_ONCE), { code: "unavailable" });
  await deliverAll(world);
  world.clock.nowMs++;
  assert.equal((await repairImages(world.ports, AT_ONCE)).republished, 4);
});

test("repairImages() has rejected what is behind its write cutoff, deleted what is over, and leaves the rest", async () => {
  const world = new TestWorld();
  const ref = await put(world, NOON_MS - DAY_MS, { become: "ready" });
  const erased = await put(world, NOON_MS - DAY_MS, { become: "ready" });
  await at(world, NOON_MS - DAY_MS, async () => {
    await world.requestErasure(erased);
    await eraseImage(world.ports, erased);
    await world.raw.put(`${rawName(ref)}x`);
  });
  const closing = await put(world, NOON_MS - periodMs + closingMs);
  await put(world, NOON_MS - periodMs);
  const counts = { shards: 32, lookedAt: 3, republished: 2 };
  assert.deepEqual(countsOf(await repairImages(world.ports, AT_ONCE)), counts);
  await deliverAll(world);
  assert.equal((await manifestOf(world, closing)).reason, "too_late");
  const left = [rawName(closing), rawName(ref), `${rawName(ref)}x`];
  assert.deepEqual(world.raw.names(), left.toSorted());
});
