/** Events that come often, out of order or never, and stores that fail: each image still ends once, with one row. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Image } from "@tintype/client/client";
import { type Manifest, parseManifest } from "@tintype/core/model/manifest";
import { eventually } from "@tintype/core/testing/eventually";
import { BUCKETS, clientFor, namesWith, query, readObject, URLS } from "./_cloud.ts";
import { addFault, clearFaults, faultsLeft } from "./_emulator.ts";
import { noisePng, pngBlob } from "./_pictures.ts";
import { giveEventUp, type PushCounts, readPush, repairAll, setPush as push } from "./_push.ts";
import { startSystem, type System } from "./_system.ts";

const READY = { timeoutMs: 60_000 };
/** Long enough for these tests, short enough that repair waits for seconds only. */
const ARGS = ["--doors", "edge", "--retention", "10m"];

const client = clientFor("deliveries");
let system: System;
let dropped: string;
let givenUp: string;
before(async () => {
  system = await startSystem(ARGS, { pictures: { "one.png": noisePng(40, 30) } });
  await push({ drop: 1 });
  assert.equal((await readPush()).dropped, 0);
  dropped = (await upload()).imageId;
  givenUp = await giveEventUp(client);
});
after(async () => await system?.stop());

async function upload(): Promise<{ readonly imageId: string }> {
  return await client.upload(pngBlob(300, 200));
}

/** The image's manifest. */
async function manifestOf(imageId: string): Promise<Manifest> {
  const names = await namesWith(BUCKETS.processed, `${imageId}/manifest.json`);
  return parseManifest((await readObject(BUCKETS.processed, names[0] ?? "")).bytes);
}

/** Waits until no event is queued or under way, and answers the counters. */
async function quiet(): Promise<PushCounts> {
  return await eventually("the delivery of all events", async () => {
    const counters = await readPush();
    return counters.queued === 0 && counters.delivering === 0 && counters;
  }, 60_000);
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

test("an image whose event was lost is processed by repair", async () => {
  assert.equal((await client.images.get(dropped)).status, "processing");
  await repairAll();
  const image = await client.waitUntilReady(dropped, READY);
  assert.equal((await quiet()).dropped, 1);
  await assertOnce(image);
});

test("an image whose event was given up is processed by repair, as on Google Cloud", async () => {
  await eventually(
    "repair",
    async () => (await client.images.get(givenUp)).status === "ready",
    READY.timeoutMs,
  );
  await assertOnce(await client.images.get(givenUp));
  await repairAll();
});

test("events that come three times and out of order change nothing", async () => {
  const earlier = await quiet();
  await push({ duplicate: 2, shuffle: true });
  const ids = await Promise.all(Array.from({ length: 6 }, upload));
  const images = await Promise.all(
    ids.map(({ imageId }) => client.waitUntilReady(imageId, READY)),
  );
  const counters = await quiet();
  await push({ duplicate: 0, shuffle: false });
  assert.equal(counters.delivered - earlier.delivered, 18);
  assert.equal(counters.deadLettered, 1, "the one of before");
  for (const image of images) await assertOnce(image);
});

test("an image is ready although BigQuery is away, and gets its row when that is back", async () => {
  await addFault(URLS.bigquery, {
    match: { path: "^/_local/rows" },
    times: 10_000,
    action: { status: 503 },
  });
  const { imageId } = await upload();
  const isRefused = async () => await faultsLeft(URLS.bigquery) < 10_000;
  await eventually("its row to be refused", isRefused, READY.timeoutMs);
  const image = await client.waitUntilReady(imageId, READY);
  assert.deepEqual(await query(seen(imageId)), []);
  await clearFaults(URLS.bigquery);
  await assertOnce(image);
});

test("an image that nobody could be told of is processed once, and its row comes when Pub/Sub takes its record", async () => {
  const match = { path: "tintype-images:publish" };
  await addFault(URLS.pubsub, { match, times: 10_000, action: { status: 503 } });
  const { imageId } = await upload();
  const image = await client.waitUntilReady(imageId, READY);
  assert.deepEqual(await query(seen(imageId)), []);
  const { processedAt } = await manifestOf(imageId);
  await clearFaults(URLS.pubsub);
  await assertOnce(image);
  assert.equal((await manifestOf(imageId)).processedAt, processedAt);
});

test("images come through a storage that answers 503 to one request in five", async () => {
  await addFault(URLS.storage, { match: {}, times: 10_000, every: 5, action: { status: 503 } });
  const ids = await Promise.all(Array.from({ length: 4 }, upload));
  await Promise.all(ids.map(({ imageId }) => client.waitUntilReady(imageId, READY)));
  assert.ok(await clearFaults(URLS.storage) < 9_990);
  const { deadLettered } = await quiet();
  assert.equal(deadLettered, 1, "the one of before");
  for (const { imageId } of ids) await assertOnce(await client.images.get(imageId));
});

test("deliveries that are held back come when they are let go", async () => {
  await push({ hold: true });
  const { imageId } = await upload();
  const isHeld = async () => (await readPush()).queued > 0;
  await eventually("its event to be held", isHeld, READY.timeoutMs);
  assert.equal((await client.images.get(imageId)).status, "processing");
  await push({ hold: false });
  await assertOnce(await client.waitUntilReady(imageId, READY));
});
