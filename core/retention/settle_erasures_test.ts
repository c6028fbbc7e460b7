import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../errors.ts";
import { erasingName, type ImageRef, rawName, receiptName } from "../model/object_name.ts";
import { parseOwner } from "../model/owner.ts";
import { processErasure } from "../processing/process_erasure.ts";
import { assertErased } from "../testing/assert_ready.ts";
import { stepping, withCalls } from "../testing/crashing_ports.ts";
import { sampleRef, sampleRow } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld, type WorldPorts } from "../testing/test_world.ts";
import { eraseImage } from "./erase_image.ts";
import { RETENTION_POLICY } from "./policy.ts";
import { settleErasures } from "./settle_erasures.ts";

const { attemptMs, erasureEventMs, erasureMs, periodMs } = RETENTION_POLICY;
const ref = sampleRef(NOON_MS);
const NOTHING = { requests: 0, settled: 0, waiting: 0, overdue: 0, republished: 0, rows: 0 };

/** A world whose image is erased but for its rows and its receipt; the request is as old as an attempt can live. */
async function erasingWorld({ isHeld = false } = {}): Promise<TestWorld> {
  const world = new TestWorld();
  await world.process(ref);
  await world.requestErasure(ref);
  if (isHeld) world.rows.hold();
  assert.equal(await eraseImage(world.ports, ref), "erasing");
  world.clock.nowMs += attemptMs;
  return world;
}

/** Counts calls by port and name. */
function counting(ports: WorldPorts): { ports: WorldPorts; calls: Record<string, number> } {
  const calls: Record<string, number> = {};
  const names = ["raw", "processed", "erasures", "rows", "events", "records"] as const;
  const counted = names.map((name) => [
    name,
    stepping<object>(ports[name], (run, call) => {
      calls[`${name}.${call}`] = (calls[`${name}.${call}`] ?? 0) + 1;
      return run();
    }),
  ]);
  return { ports: { ...ports, ...Object.fromEntries(counted) }, calls };
}

test("settleErasures() deletes every row but the tombstone, and writes the receipt", async () => {
  const world = await erasingWorld();
  const settled = { ...NOTHING, requests: 1, rows: 1 };
  assert.deepEqual(await settleErasures(world.ports), { ...settled, settled: 1 });
  assertErased(world, ref);
  const receipt = await world.processed.stat(receiptName(ref));
  assert.deepEqual([receipt?.size, receipt?.customTimeMs], [0, NOON_MS]);
  world.rows.write(sampleRow(ref, { status: "failed" }));
  assert.deepEqual(await settleErasures(world.ports), settled, "a row that came late");
  assertErased(world, ref);
});

for (
  const [what, rows, spoil] of [
    ["its tombstone is not there", 0, (world) => world.rows.purge(Infinity)],
    ["an attempt may still be alive", 1, async (world) => void world.clock.nowMs--],
    ["its raw object is left", 1, (world) => world.raw.put(rawName(ref))],
    ["a processed object is left", 1, (world) => world.processed.put(`${rawName(ref)}/thumb.jpg`)],
    ["something was found to erase by nobody yet", 0, (world) => removeErasing(world)],
  ] as readonly (readonly [string, number, (world: TestWorld) => Promise<unknown>])[]
) {
  test(`settleErasures() writes no receipt while ${what}`, async () => {
    const world = await erasingWorld();
    await spoil(world);
    const expected = { ...NOTHING, requests: 1, waiting: 1, rows };
    assert.deepEqual(await settleErasures(world.ports), expected);
    assert.equal(await world.processed.stat(receiptName(ref)), null);
  });
}

async function removeErasing({ processed }: TestWorld): Promise<void> {
  const facts = await processed.stat(erasingName(ref));
  await processed.remove(erasingName(ref), { generation: facts?.generation ?? "" });
}

test("settleErasures() writes no receipt for a tombstone that came behind its question", async () => {
  const world = await erasingWorld({ isHeld: true });
  const removeErased = async () => {
    world.rows.deliver();
    return await world.rows.removeErased();
  };
  const ports = { ...world.ports, rows: withCalls(world.rows, { removeErased }) };
  assert.deepEqual(await settleErasures(ports), { ...NOTHING, requests: 1, waiting: 1, rows: 1 });
  assert.equal((await settleErasures(world.ports)).settled, 1);
});

test("settleErasures() publishes an event again that had 30 minutes, until there is a receipt", async () => {
  const world = new TestWorld();
  await world.requestErasure(ref);
  const runAfter = async (afterMs: number) => {
    world.clock.nowMs = NOON_MS + afterMs;
    const { waiting, overdue, republished } = await settleErasures(world.ports);
    return [waiting, overdue, republished];
  };
  assert.deepEqual(await runAfter(erasureEventMs - 1), [1, 0, 0]);
  assert.deepEqual(await runAfter(erasureEventMs), [1, 0, 1]);
  assert.deepEqual(world.events, [{ bucket: "erasures", name: rawName(ref) }]);
  assert.deepEqual(await runAfter(erasureMs), [1, 0, 1]);
  assert.deepEqual(await runAfter(erasureMs + 1), [1, 1, 1]);
  const delivery = { objectName: rawName(ref), generation: "1", attempt: 1 };
  await processErasure(world.ports, delivery);
  assert.deepEqual(await runAfter(erasureMs + 2), [0, 0, 0]);
  await world.requestErasure(sampleRef(NOON_MS));
  assert.deepEqual(await runAfter(periodMs - 1), [1, 1, 1]);
  assert.deepEqual(await runAfter(periodMs), [0, 0, 0], "its image is over");
});

test("settleErasures() of an id that never was finds its receipt, no record, and changes no rows", async () => {
  const world = new TestWorld();
  await world.requestErasure(ref);
  assert.equal(await eraseImage(world.ports, ref), "settled");
  world.clock.nowMs += erasureMs;
  const { ports, calls } = counting(world.ports);
  assert.deepEqual(await settleErasures(ports), { ...NOTHING, requests: 1 });
  assert.deepEqual(Object.keys(calls).toSorted(), ["erasures.list", "processed.list"]);
  assert.deepEqual([world.rows.records(), world.events], [[], []]);
});

test("settleErasures() runs in the shards that are named", async () => {
  const world = await erasingWorld();
  const other = { ...sampleRef(NOON_MS), owner: parseOwner("z".repeat(20)) };
  await world.requestErasure(other);
  assert.equal((await settleErasures(world.ports, { shards: ["z", "2"] })).requests, 1);
  assert.equal((await settleErasures(world.ports, { shards: ["a"] })).settled, 1);
});

test("settleErasures() throws that BigQuery is away, with no receipt", async () => {
  const world = await erasingWorld();
  const removeErased = () => Promise.reject(new AppError("unavailable", "BigQuery is away"));
  const ports = { ...world.ports, rows: withCalls(world.rows, { removeErased }) };
  await assert.rejects(settleErasures(ports), { code: "unavailable" });
  assert.equal(await world.processed.stat(receiptName(ref)), null);
});

/** Requests of one day in all shards. */
const manyRefs = (count: number): ImageRef[] =>
  Array.from({ length: count }, (_, at) => (
    { ...sampleRef(NOON_MS + at), owner: parseOwner("amz27".charAt(at % 5).repeat(20)) }
  ));

test("settleErasures() of 10,000 settled erasures costs their listings and one statement", async () => {
  const world = new TestWorld();
  for (const each of manyRefs(10_000)) {
    await world.requestErasure(each);
    for (const name of [erasingName(each), receiptName(each)]) await world.processed.put(name);
  }
  world.clock.nowMs += erasureMs;
  const { ports, calls } = counting(world.ports);
  assert.deepEqual(await settleErasures(ports), { ...NOTHING, requests: 10_000 });
  // A page more for each thousand: two thousand in each of five shards.
  const lists = { "erasures.list": 32 + 5, "processed.list": 2 * (5 * 2) };
  assert.deepEqual(calls, { ...lists, "rows.removeErased": 1 });
});

test("settleErasures() of 1,001 erasures asks for 1,000 tombstones at a time, and runs one statement", async () => {
  const world = new TestWorld();
  const refs = manyRefs(1_001);
  for (const each of refs) {
    await world.requestErasure(each);
    await world.processed.put(erasingName(each));
  }
  for (const each of refs) world.rows.write(sampleRow(each), sampleRow(each, { status: "erased" }));
  world.clock.nowMs += attemptMs;
  const { ports, calls } = counting(world.ports);
  const all = { requests: 1_001, settled: 1_001, rows: 1_001 };
  assert.deepEqual(await settleErasures(ports), { ...NOTHING, ...all });
  assert.deepEqual([calls["rows.tombstones"], calls["rows.removeErased"]], [2, 1]);
});
