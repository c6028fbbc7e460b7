import assert from "node:assert/strict";
import { test } from "node:test";
import { erasingName, rawName } from "../model/object_name.ts";
import { ImageRejected } from "../model/reject_reason.ts";
import { eraseImage, removeLive } from "../retention/erase_image.ts";
import { assertReady, manifestOf, newestRowOf } from "../testing/assert_ready.ts";
import { crashEverywhere } from "../testing/crashing_ports.ts";
import { FakePixelEngine } from "../testing/fake_pixel_engine.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld, type WorldPorts } from "../testing/test_world.ts";
import { markFailed } from "./mark_failed.ts";
import { processImage } from "./process_image.ts";

const ref = sampleRef(NOON_MS);

/** A delivery of the image's event. */
const deliver = async (world: TestWorld, ports: Partial<WorldPorts> = {}, attempt = 1) =>
  await processImage({ ...world.ports, ...ports }, { ...await world.delivery(ref), attempt });

async function uploaded(): Promise<TestWorld> {
  const world = new TestWorld();
  await world.upload(ref);
  return world;
}

for (const version of ["1", "2"]) {
  test(`an image after a death at any call and a redelivery to version ${version} is as an undisturbed one`, async () => {
    const deaths = await crashEverywhere({
      makeWorld: uploaded,
      walk: (ports, world) => deliver(world, ports),
      repeat: async (world, at) => {
        world.clock.nowMs += 1000;
        await deliver(world, { pixels: new FakePixelEngine({ version }) }, 2);
        const { renditions } = await assertReady(world, ref, at);
        assert.deepEqual(renditions.map(({ name }) => name), ["large", "medium", "thumb"], at);
        assert.equal((await deliver(world)).outcome, "already", at);
        const records = world.rows.records().map((record) => JSON.stringify(record));
        assert.ok(records.length >= 2 && new Set(records).size === 1, at);
      },
    });
    assert.ok(deaths >= 22, `${deaths} deaths`);
  });
}

test("a dead letter after a death at any call is marked failed", async () => {
  await crashEverywhere({
    makeWorld: uploaded,
    walk: async (ports, world) => markFailed(ports, await world.delivery(ref)),
    repeat: async (world, at) => {
      await markFailed(world.ports, await world.delivery(ref));
      assert.equal((await manifestOf(world, ref)).status, "failed", at);
      assert.equal(newestRowOf(world, ref)?.status, "failed", at);
    },
  });
});

test("a second and a third delivery at any turn behind the first break none of its pins", async () => {
  for (let turns = 0; turns < 60; turns += 3) {
    const world = await uploaded();
    const first = deliver(world);
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    const second = deliver(world, { pixels: new FakePixelEngine({ version: "2" }) }, 2);
    const outcomes = await Promise.all([first, second, deliver(world, {}, 3)]);
    const said = outcomes.map(({ outcome }) => outcome).toSorted();
    assert.deepEqual(said, ["already", "already", "done"], `${turns}`);
    await assertReady(world, ref, `${turns}`);
  }
});

test("a verdict that comes second leaves the first one's manifest, and rows that agree with it", async () => {
  const world = await uploaded();
  const pixels = new FakePixelEngine({
    before: async () => {
      world.clock.nowMs += 1000;
      await deliver(world);
      world.clock.nowMs += 1000;
      throw new ImageRejected("processing_limit", "too slow on this machine");
    },
  });
  assert.equal((await deliver(world, { pixels })).outcome, "already");
  await assertReady(world, ref);
});

for (const hasRun of [false, true]) {
  test(`an erasure ${hasRun ? "that ran" : "requested"} while the image is rendered leaves nothing, at once`, async () => {
    const before = async () => {
      await world.requestErasure(ref);
      if (hasRun) await eraseImage(world.ports, ref);
    };
    const world: TestWorld = new TestWorld({ engine: { before } });
    assert.deepEqual(await world.process(ref), { outcome: "erased", ref, state: "erasing" });
    assert.deepEqual([world.raw.names(), world.processed.names()], [[], [erasingName(ref)]]);
    const types = world.rows.records().map(({ attributes }) => attributes.type);
    assert.deepEqual(new Set(types), new Set(["image.erased"]));
  });
}

test("a raw object that goes while it is read is to be delivered again, and is gone then", async () => {
  const before = async (operation: string) => {
    if (operation === "read") await removeLive(world.raw, rawName(ref));
  };
  const world: TestWorld = new TestWorld({ raw: { before } });
  await assert.rejects(world.process(ref));
  assert.equal((await deliver(world)).outcome, "gone");
  assert.deepEqual(world.processed.names(), []);
});
