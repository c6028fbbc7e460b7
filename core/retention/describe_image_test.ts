import assert from "node:assert/strict";
import { test } from "node:test";
import { refusedRecord } from "../model/image_record.ts";
import { type ImageRef, rawName, renditionName } from "../model/object_name.ts";
import { markFailed } from "../processing/mark_failed.ts";
import { processErasure } from "../processing/process_erasure.ts";
import { NOT_AN_IMAGE } from "../testing/sample_images.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { type DescribedImage, describeImages } from "./describe_image.ts";
import { removeLive } from "./erase_image.ts";
import { RETENTION_POLICY } from "./policy.ts";

const ref = sampleRef(NOON_MS);
const HOUR_MS = 3_600_000;

async function described({ ports }: TestWorld, { imageId }: ImageRef = ref) {
  return await describeImages(ports, { imageId, idEnd: imageId });
}

async function erase(world: TestWorld): Promise<void> {
  await world.process(ref);
  await world.requestErasure(ref);
  await processErasure(world.ports, await world.delivery(ref));
}

/** What is left of an image after something has become of it. */
const STATES: Readonly<Record<DescribedImage["left"], (world: TestWorld) => Promise<unknown>>> = {
  ready: (world) => world.process(ref),
  rejected: (world) => world.process(ref, { bytes: NOT_AN_IMAGE }),
  failed: async (world) => await markFailed(world.ports, await world.upload(ref)),
  delivery: (world) => world.upload(ref),
  repair: async (world) => {
    await world.upload(ref);
    world.clock.nowMs += HOUR_MS;
  },
  rebuild_rows: async (world) => {
    await world.process(ref);
    await world.rows.purge(Infinity);
  },
  replay: async (world) => {
    await world.process(ref);
    await removeLive(world.processed, renditionName(ref, "thumb", "jpg"));
  },
  erasure_waits: async (world) => {
    await world.process(ref);
    await world.requestErasure(ref);
  },
  rows_go: erase,
  erased: async (world) => {
    await erase(world);
    await world.settle();
  },
  sweep: async (world) => {
    await world.process(ref);
    world.clock.nowMs += RETENTION_POLICY.periodMs;
  },
  refused: async (world) => {
    const refused = { imageId: ref.imageId, tenant: ref.tenant, origin: "images/2/17" };
    const record = { ...refused, reason: "too_large", refusedAtMs: NOON_MS };
    await world.rows.publish(await refusedRecord(world.ports.hashing, record));
  },
  gone: async (world) => {
    await world.process(ref);
    for (const name of [...world.raw.names(), ...world.processed.names()]) {
      for (const store of [world.raw, world.processed]) {
        await removeLive(store, name as ReturnType<typeof rawName>); // a listed name
      }
    }
  },
};

for (const [left, become] of Object.entries(STATES)) {
  test(`describeImages() finds what is left: ${left}`, async () => {
    const world = new TestWorld();
    await become(world);
    const images = await described(world);
    assert.deepEqual(images.map((image) => [image.imageId, image.left]), [[ref.imageId, left]]);
    assert.equal(images[0]?.tenant, ref.tenant);
  });
}

test("describeImages() says why an image was rejected, where it came from and where each copy is", async () => {
  const world = new TestWorld();
  const declaration = { source: "kafka", ref: "invoice-7", origin: "images/2/17" } as const;
  await world.process(ref, { bytes: NOT_AN_IMAGE, declaration });
  const [image] = await described(world);
  assert.deepEqual([image?.source, image?.ref, image?.origin], [
    "kafka",
    "invoice-7",
    "images/2/17",
  ]);
  assert.deepEqual([image?.manifest?.reason, image?.rows[0]?.reason], [
    "not_an_image",
    "not_an_image",
  ]);
  assert.equal(image?.raw?.bytes, NOT_AN_IMAGE.byteLength);
});

test("describeImages() finds an image by its record's position, and keeps tenants of one id apart", async () => {
  const world = new TestWorld();
  const other = { ...ref, tenant: "other" as ImageRef["tenant"] };
  for (const one of [ref, other]) await world.process(one);
  const idEnd = ref.imageId.slice(14);
  const tenants = (await describeImages(world.ports, { idEnd })).map(({ tenant }) => tenant);
  assert.deepEqual(tenants, [ref.tenant, "other"]);
  const [one, ...more] = await describeImages(world.ports, { idEnd, tenant: ref.tenant });
  assert.deepEqual([one?.tenant, more.length], [ref.tenant, 0]);
});

test("describeImages() knows nothing of an id that never was", async () => {
  assert.deepEqual(await described(new TestWorld(), sampleRef(NOON_MS)), []);
});
