import assert from "node:assert/strict";
import { test } from "node:test";
import type { ImageRef } from "../model/object_name.ts";
import type { ImageSelection } from "../ports/image_selector.ts";
import { RETENTION_POLICY } from "../retention/policy.ts";
import { manifestOf } from "../testing/assert_ready.ts";
import { withCalls } from "../testing/crashing_ports.ts";
import { FakePixelEngine } from "../testing/fake_pixel_engine.ts";
import { NOT_AN_IMAGE } from "../testing/sample_images.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { ManualClock, NOON_MS, TestWorld } from "../testing/test_world.ts";
import { replayImages } from "./replay_images.ts";
import price from "./replay_price.json" with { type: "json" };

const { periodMs, closingMs } = RETENTION_POLICY;
const ORDER = { max: 100, mayReject: false, isDryRun: false };

/** Images whose tenant has a size of its own, and the service as it runs by now. */
async function processedWorld(images: number) {
  const world = new TestWorld({ plan: { renditions: [{ name: "tiny", width: 8, height: 8 }] } });
  const refs = Array.from({ length: images }, (_, at) => sampleRef(NOON_MS + at));
  for (const ref of refs) await world.process(ref);
  world.clock.nowMs += 60_000;
  const pixels = new FakePixelEngine({ version: "2" });
  const service = { ...world.ports, pixels, processorVersion: "newer" };
  const versions = async () =>
    await Promise.all(refs.map(async (ref) => (await manifestOf(world, ref)).processorVersion));
  return { world, refs, service, versions };
}

async function selectionAt(nowMs: number, day?: string): Promise<ImageSelection | undefined> {
  let asked: ImageSelection | undefined;
  const { ports } = new TestWorld();
  const rows = {
    select: async (selection: ImageSelection) => {
      asked = selection;
      return { images: 0, selected: [] };
    },
  };
  const clock = new ManualClock(nowMs);
  await replayImages({ ...ports, rows, clock }, { ...ORDER, day, notVersion: "x" });
  return asked;
}

test("replayImages() asks for a day, or for all that is kept, and never for what is too late", async () => {
  const dayMs = Date.UTC(2026, 2, 14);
  const { fromMs, toMs } = await selectionAt(NOON_MS, "2026-03-14") ?? {};
  assert.deepEqual([fromMs, toMs], [dayMs, dayMs + 86_400_000]);
  const oldestOpenMs = NOON_MS - periodMs + closingMs + 1;
  assert.equal((await selectionAt(NOON_MS))?.fromMs, oldestOpenMs);
  const half = new Date(oldestOpenMs).toISOString().slice(0, 10);
  assert.equal((await selectionAt(NOON_MS, half))?.fromMs, oldestOpenMs);
  assert.equal(await selectionAt(NOON_MS, "2026-03-01"), undefined, "over for long");
});

test("a replay goes slice by slice, its dry run says the very number, and the service's own sizes stay", async () => {
  const { world, refs, service, versions } = await processedWorld(5);
  const slices: number[] = [];
  for (const images of [5, 3, 1, 0]) {
    const order = { ...ORDER, notVersion: "newer", budgetUsd: price.usd * 2.5 };
    const dry = await replayImages(world.ports, { ...order, isDryRun: true });
    assert.deepEqual(world.events, []);
    const done = await replayImages(world.ports, order);
    assert.deepEqual(done, dry);
    assert.equal(done.images, images);
    assert.equal(done.usd, done.replayed * price.usd);
    assert.equal(world.events.length, done.replayed);
    slices.push(done.replayed);
    await world.deliverEvents(service);
  }
  assert.deepEqual(slices, [2, 2, 1, 0]);
  assert.deepEqual([...new Set(await versions())], ["newer"]);
  for (const ref of refs) {
    const { renditions } = await manifestOf(world, ref);
    assert.deepEqual(renditions.map(({ name }) => name), ["tiny"]);
  }
});

test("a replay that is asked for twice processes each image once, by version and by time", async () => {
  for (const by of ["version", "time"] as const) {
    const { world, service } = await processedWorld(2);
    const { nowMs } = world.clock;
    const order = { ...ORDER, ...(by === "time" ? { beforeMs: nowMs } : { notVersion: "newer" }) };
    for (const _ of [1, 2]) await replayImages(world.ports, order);
    const outcomes = (await world.deliverEvents(service)).map(({ outcome }) => outcome);
    assert.deepEqual(outcomes, ["done", "done", "already", "already"], by);
    assert.equal((await replayImages(world.ports, order)).images, 0, by);
  }
});

test("a replay that died before its record goes on", async () => {
  const { world, service } = await processedWorld(1);
  const order = { ...ORDER, notVersion: "newer" };
  await replayImages(world.ports, order);
  const dead = withCalls(world.rows, { publish: () => Promise.reject(new Error("died")) });
  await assert.rejects(world.deliverEvents({ ...service, records: dead }), /died/);
  assert.equal((await replayImages(world.ports, order)).replayed, 1, "its row is the old one's");
  assert.deepEqual((await world.deliverEvents(service)).map(({ outcome }) => outcome), ["already"]);
  assert.equal((await replayImages(world.ports, order)).images, 0);
});

test("a ready image is kept unless it may be rejected, and filters choose by the newest row", async () => {
  const { world, service } = await processedWorld(1);
  const rejected = sampleRef(NOON_MS + 9);
  await world.process(rejected, { bytes: NOT_AN_IMAGE });
  const order = { ...ORDER, notVersion: "newer" };
  const chosen = async (filter: object) =>
    (await replayImages(world.ports, { ...order, ...filter, isDryRun: true })).images;
  assert.equal(await chosen({}), 2);
  assert.equal(await chosen({ reason: "not_an_image" }), 1);
  assert.equal(await chosen({ status: "ready", mediaType: "image/heic" }), 0);
  assert.equal(await chosen({ tenant: "other" }), 0);
  assert.equal(await chosen({ sinceMs: NOON_MS + 5 }), 1);
  const broken = {
    ...service,
    plans: { planOf: async () => ({ ...await planOf(), maxBytes: 1 }) },
  };
  const [ref] = world.rows.rows().map(({ image_id }) => image_id);
  const planOf = () => service.plans.planOf(rejected.tenant);
  await replayImages(world.ports, { ...order, status: "ready" });
  const [kept] = await world.deliverEvents(broken);
  assert.ok(kept?.outcome === "kept" && kept.ref.imageId === ref, kept?.outcome);
  await replayImages(world.ports, { ...order, status: "ready", mayReject: true });
  const [done] = await world.deliverEvents(broken);
  assert.equal(done?.outcome === "done" && done.manifest.reason, "too_large");
});

test("replayImages() refuses a budget that pays for no image, and a time to come, before which nothing is current", async () => {
  for (const wrong of [{ notVersion: "x", budgetUsd: price.usd / 2 }, { beforeMs: NOON_MS + 1 }]) {
    const order = { ...ORDER, ...wrong };
    await assert.rejects(replayImages(new TestWorld().ports, order), { code: "invalid_request" });
  }
});

test("a forced event of an image that no delivery has brought to an end, or of none, is an ordinary one", async () => {
  const world = new TestWorld();
  const [open, gone]: ImageRef[] = [sampleRef(NOON_MS), sampleRef(NOON_MS)];
  const { objectName } = await world.upload(open ?? assert.fail());
  const force = { mayReject: false };
  for (const name of [objectName, (await world.delivery(gone ?? assert.fail())).objectName, "x"]) {
    world.events.push({ bucket: "raw", name, force });
  }
  const outcomes = (await world.deliverEvents()).map(({ outcome }) => outcome);
  assert.deepEqual(outcomes, ["done", "gone", "ignored"]);
});
