import assert from "node:assert/strict";
import { test } from "node:test";
import { erasingName, manifestName, rawName, receiptName } from "../model/object_name.ts";
import { assertErased } from "../testing/assert_ready.ts";
import { stepping } from "../testing/crashing_ports.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { eraseImage, isErasureRequested, removeLive } from "./erase_image.ts";

const ref = sampleRef(NOON_MS);
const neighbour = sampleRef(NOON_MS);
const origin = { source: "kafka", ref: "invoice-7", origin: "images/3/41" } as const;

/** Two images of one owner, of which one has its request. */
async function worldOfTwo(): Promise<TestWorld> {
  const world = new TestWorld();
  await world.process(ref, { declaration: origin });
  await world.process(neighbour);
  await world.requestErasure(ref);
  return world;
}

/** Everything of the one is gone, and everything of the other there. */
async function assertSettled(world: TestWorld, at = ""): Promise<void> {
  await world.settle();
  const others = world.rows.rows().filter(({ image_id }) => image_id === neighbour.imageId);
  assert.deepEqual(others.map(({ status }) => status), ["ready"], at);
  assert.equal(world.names().filter((name) => name.includes(neighbour.imageId)).length, 5, at);
  assertErased(world, ref, at);
}

test("eraseImage() says that there was something, publishes, then deletes, and leaves the receipt to the keeper", async () => {
  const world = await worldOfTwo();
  const changes: string[] = [];
  const noting = (store: string) => (run: () => unknown, call: string) => {
    if (!["stat", "read", "list"].includes(call)) changes.push(`${store}.${call}`);
    return run();
  };
  const { raw, processed, records } = world.ports;
  const ports = {
    ...world.ports,
    raw: stepping(raw, noting("raw")),
    processed: stepping(processed, noting("processed")),
    records: stepping(records, noting("records")),
  };
  assert.equal(await eraseImage(ports, ref), "erasing");
  const removals = ["raw.remove", ...Array(4).fill("processed.remove")];
  assert.deepEqual(changes, ["processed.create", "records.publish", ...removals]);
  const erasing = await world.processed.stat(erasingName(ref));
  assert.deepEqual([erasing?.size, erasing?.customTimeMs], [0, NOON_MS]);
  assert.equal(await world.processed.stat(receiptName(ref)), null);
  await assertSettled(world);
});

test("eraseImage() publishes id, tenant, T0 and time, and where the image came from, alone", async () => {
  const world = await worldOfTwo();
  world.clock.nowMs += 5_000;
  await eraseImage(world.ports, ref);
  const { row, attributes } = world.rows.records().at(-1) ?? assert.fail();
  const said = Object.entries(row).filter(([, value]) => value !== null && String(value) !== "");
  assert.deepEqual(Object.fromEntries(said), {
    image_id: ref.imageId,
    tenant: ref.tenant,
    source: "kafka",
    t0: new Date(NOON_MS).toISOString(),
    status: "erased",
    processed_at: new Date(NOON_MS + 5_000).toISOString(),
  });
  const { event_id, ...others } = attributes;
  assert.match(event_id, /^[0-9a-f]{32}$/);
  const { imageId: image_id, tenant } = ref;
  assert.deepEqual(others, { type: "image.erased", ...origin, tenant, image_id });
});

for (
  const [what, forget, expected, times] of [
    ["when its work is done", (world) => eraseImage(world.ports, ref), origin, 2],
    ["when only the raw object is gone", (world) => removeLive(world.raw, rawName(ref)), origin, 1],
    [
      "when raw object and manifest are gone",
      async (world) => {
        await removeLive(world.raw, rawName(ref));
        await removeLive(world.processed, manifestName(ref));
      },
      { source: "unknown", ref: undefined, origin: undefined },
      1,
    ],
  ] as readonly (readonly [string, (world: TestWorld) => Promise<unknown>, object, number])[]
) {
  test(`eraseImage() ${what} publishes the record (again), with the origin that is known`, async () => {
    const world = await worldOfTwo();
    await forget(world);
    assert.equal(await eraseImage(world.ports, ref), "erasing");
    const erased = world.rows.records().map(({ attributes }) => attributes)
      .filter(({ type }) => type === "image.erased");
    const ids = erased.map(({ event_id }) => event_id);
    assert.deepEqual([ids.length, new Set(ids).size], [times, 1]);
    const { source, ref: reference, origin: from } = erased.at(-1) ?? assert.fail();
    assert.deepEqual({ source, ref: reference, origin: from }, expected);
    await assertSettled(world);
  });
}

test("eraseImage() of an id that never was publishes nothing and writes the receipt", async () => {
  const world = new TestWorld();
  await world.requestErasure(ref);
  for (const _ of [1, 2]) assert.equal(await eraseImage(world.ports, ref), "settled");
  assert.deepEqual(world.rows.records(), []);
  assert.deepEqual(world.processed.names(), [receiptName(ref)]);
  const receipt = await world.processed.stat(receiptName(ref));
  assert.deepEqual([receipt?.size, receipt?.customTimeMs], [0, NOON_MS]);
});

test("isErasureRequested() sees the image's own request alone, and removeLive() what is there", async () => {
  const world = new TestWorld();
  await world.requestErasure(neighbour);
  const isRequested = (of: typeof ref) => isErasureRequested(world.erasures, of);
  assert.deepEqual([await isRequested(ref), await isRequested(neighbour)], [false, true]);
  const remove = () => removeLive(world.erasures, rawName(neighbour));
  assert.deepEqual([await remove(), await remove()], [true, false]);
});
