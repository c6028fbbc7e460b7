/** An event that is given up, and a record that nobody takes: each image still ends once, with one row. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Image } from "@tintype/client/client";
import { type Manifest, parseManifest } from "@tintype/core/model/manifest";
import { eventually } from "@tintype/core/testing/eventually";
import { BUCKETS, clientFor, namesWith, query, readObject, URLS } from "./_cloud.ts";
import { addFault, clearFaults } from "./_emulator.ts";
import { noisePng, pngBlob } from "./_pictures.ts";
import { giveEventUp, repairAll } from "./_push.ts";
import { startSystem, type System } from "./_system.ts";

const READY = { timeoutMs: 60_000 };
/** Long enough for these tests, short enough that repair waits for seconds only. */
const ARGS = ["--doors", "edge", "--retention", "10m"];

const client = clientFor("deliveries");
let system: System;
before(async () => {
  system = await startSystem(ARGS, { pictures: { "one.png": noisePng(40, 30) } });
});
after(async () => await system?.stop());

/** The image's manifest. */
async function manifestOf(imageId: string): Promise<Manifest> {
  const names = await namesWith(BUCKETS.processed, `${imageId}/manifest.json`);
  return parseManifest((await readObject(BUCKETS.processed, names[0] ?? "")).bytes);
}

/** Asserts that an image came to its end once: one raw object, one manifest, the pinned renditions, one row. */
async function assertOnce({ imageId, status, renditions }: Image): Promise<void> {
  assert.equal(status, "ready");
  assert.equal(renditions.length, 3);
  assert.equal((await namesWith(BUCKETS.raw, imageId)).length, 1);
  const names = await namesWith(BUCKETS.processed, imageId);
  assert.equal(names.length, 4, names.join());
  for (const { object, generation } of (await manifestOf(imageId)).renditions) {
    assert.equal((await readObject(BUCKETS.processed, object)).generation, generation, object);
  }
  const hasRow = async () => (await query(seen(imageId))).length > 0;
  await eventually("its row", hasRow, READY.timeoutMs);
  assert.deepEqual(await query(seen(imageId)), [["ready"]]);
}

function seen(imageId: string): string {
  return `SELECT status FROM tintype.images_current WHERE image_id = '${imageId}'`;
}

test("an image whose event was given up is processed by repair, as on Google Cloud", async () => {
  const imageId = await giveEventUp(client);
  const image = () => client.images.get(imageId);
  const isReady = async () => (await image()).status === "ready";
  await eventually("repair", isReady, READY.timeoutMs);
  await assertOnce(await image());
  await repairAll();
});

test("an image of which no record can be published is processed once, and its row comes when Pub/Sub takes it", async () => {
  const match = { path: "tintype-images:publish" };
  await addFault(URLS.pubsub, { match, times: 10_000, action: { status: 503 } });
  const { imageId } = await client.upload(pngBlob(300, 200));
  const image = await client.waitUntilReady(imageId, READY);
  assert.deepEqual(await query(seen(imageId)), []);
  const { processedAt } = await manifestOf(imageId);
  await clearFaults(URLS.pubsub);
  await assertOnce(image);
  assert.equal((await manifestOf(imageId)).processedAt, processedAt);
});
