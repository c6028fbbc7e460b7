import assert from "node:assert/strict";
import { test } from "node:test";
import { t0OfImageId } from "../model/image_id.ts";
import { type ImageRef, manifestName, rawName, renditionName } from "../model/object_name.ts";
import { DAY_MS } from "../model/utc_day.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { RETENTION_POLICY } from "./policy.ts";
import { sweepExpired } from "./sweep_expired.ts";

const { periodMs, graceMs, sweepIntervalMs } = RETENTION_POLICY;

async function processed(world: TestWorld, ref: ImageRef): Promise<void> {
  world.clock.nowMs = t0OfImageId(ref.imageId);
  await world.process(ref);
}

async function observed(world: TestWorld) {
  const { places } = await sweepExpired(world.ports);
  const place = (name: string) => places.find((each) => each.place === name);
  return { raw: place("raw"), erasures: place("erasures"), warehouse: place("warehouse") };
}

for (
  const [what, t0Ms] of [
    ["on a leap day", Date.UTC(2028, 1, 29, 23, 59, 59, 999)],
    ["across a leap day", Date.UTC(2028, 1, 25, 0, 0, 0, 0)],
    ["across the end of February of a year without one", Date.UTC(2027, 1, 24, 12)],
    ["across New Year", Date.UTC(2026, 11, 29, 0, 0, 0, 1)],
    ["in the last millisecond of a day", Date.UTC(2026, 2, 28, 23, 59, 59, 999)],
    ["in the first millisecond of a day", Date.UTC(2026, 2, 29, 0, 0, 0, 0)],
  ] as const
) {
  test(`an image made ${what} goes after seven times 24 hours, to the millisecond`, async () => {
    const world = new TestWorld();
    await processed(world, sampleRef(t0Ms));
    world.clock.nowMs = t0Ms + 7 * DAY_MS - 1;
    await sweepExpired(world.ports);
    assert.equal(world.names().length, 5);
    assert.equal(world.rows.rows().length, 1);
    world.clock.nowMs++;
    await sweepExpired(world.ports);
    assert.deepEqual([world.names(), world.rows.rows()], [[], []]);
  });
}

test("a sweeper whose clock is behind takes nothing early, and everything within the grace", async () => {
  const world = new TestWorld();
  await processed(world, sampleRef(NOON_MS));
  const behindMs = 60_000;
  for (let trueMs = NOON_MS + periodMs; world.names().length > 0; trueMs += sweepIntervalMs) {
    assert.ok(trueMs <= NOON_MS + periodMs + graceMs, "within the grace");
    world.clock.nowMs = trueMs - behindMs;
    await sweepExpired(world.ports);
  }
});

test("an image whose T0 is ahead of the sweeper's clock is kept for its seven days", async () => {
  const world = new TestWorld();
  const ref = sampleRef(NOON_MS + 5_000);
  await processed(world, ref);
  world.clock.nowMs = NOON_MS;
  assert.equal((await observed(world)).raw?.foreign, 0);
  world.clock.nowMs = NOON_MS + 5_000 + periodMs - 1;
  await sweepExpired(world.ports);
  assert.equal(world.names().length, 5);
  world.clock.nowMs++;
  await sweepExpired(world.ports);
  assert.deepEqual(world.names(), []);
});

test("a name whose day no source can have made yet is reported, and purged when its time comes", async () => {
  const world = new TestWorld();
  const ref = sampleRef(NOON_MS + 30 * DAY_MS);
  await world.upload(ref);
  await world.requestErasure(ref);
  const { raw, erasures } = await observed(world);
  for (const place of [raw, erasures]) {
    assert.deepEqual([place?.foreign, place?.deleted, place?.oldestT0], [1, 0, null]);
  }
  assert.equal(world.names().length, 2);
  world.clock.nowMs = t0OfImageId(ref.imageId) + periodMs;
  await sweepExpired(world.ports);
  assert.deepEqual(world.names(), []);
});

test("what is there without a manifest, or without anything else, goes at its time", async () => {
  const world = new TestWorld();
  const [bare, orphan, lone] = [sampleRef(NOON_MS), sampleRef(NOON_MS), sampleRef(NOON_MS)];
  await world.upload(bare);
  await world.processed.put(renditionName(orphan, "thumb", "jpg"));
  await world.processed.put(manifestName(lone));
  world.clock.nowMs = NOON_MS + periodMs - 1;
  await sweepExpired(world.ports);
  assert.equal(world.names().length, 3);
  world.clock.nowMs++;
  await sweepExpired(world.ports);
  assert.deepEqual(world.names(), []);
});

test("an object that was replaced between list and removal is removed in the same sweep", async () => {
  const ref = sampleRef(NOON_MS);
  let isReplaced = false;
  const world: TestWorld = new TestWorld({
    processed: {
      before: async (operation, name) => {
        if (operation !== "remove" || name !== manifestName(ref) || isReplaced) return;
        isReplaced = true;
        const facts = await world.processed.stat(manifestName(ref));
        await world.processed.replace(manifestName(ref), new Uint8Array(2), {
          contentType: "application/json",
          customTimeMs: NOON_MS,
          ifGeneration: facts?.generation ?? "",
        });
      },
    },
  });
  await processed(world, ref);
  world.clock.nowMs = NOON_MS + periodMs;
  await sweepExpired(world.ports);
  assert.ok(isReplaced);
  assert.deepEqual(world.names(), []);
});

test("an upload that ends after its seven days is deleted on arrival, and nothing of it is made", async () => {
  const world = new TestWorld();
  const ref = sampleRef(NOON_MS);
  world.clock.nowMs = NOON_MS + periodMs;
  assert.equal((await world.process(ref)).outcome, "expired");
  assert.deepEqual([world.names(), world.rows.rows()], [[], []]);
  await world.upload(ref);
  await sweepExpired(world.ports);
  assert.deepEqual(world.raw.names(), [], "and by a sweep where its event is lost");
});

test("a whole day that was missed is swept at once, several days side by side", async () => {
  const world = new TestWorld();
  for (let day = 0; day < 5; day++) {
    await processed(world, sampleRef(NOON_MS + day * DAY_MS));
  }
  world.clock.nowMs = NOON_MS + 3 * DAY_MS + periodMs;
  const { raw, warehouse } = await observed(world);
  assert.deepEqual([raw?.deleted, warehouse?.deleted, raw?.overdue], [4, 4, 0]);
  assert.deepEqual(
    world.raw.names().map((name) => name.slice(0, 12)),
    [rawName(sampleRef(NOON_MS + 4 * DAY_MS)).slice(0, 12)],
  );
});
