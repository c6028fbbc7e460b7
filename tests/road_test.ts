/** The road from the edge: pictures in through both of its calls, renditions, rows and manifests out. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { saltAt } from "@tintype/core/model/day_salts";
import { type ImageId, t0OfImageId } from "@tintype/core/model/image_id";
import { contentKeyOf } from "@tintype/core/model/owner";
import { eventually } from "@tintype/core/testing/eventually";
import {
  BUCKETS,
  callEdge,
  clientFor,
  namesWith,
  query,
  readDays,
  renditionsOf,
  TENANT,
  tokenFor,
} from "./_cloud.ts";
import { sharedImage, WITHOUT_SHARED_IMAGES } from "@tintype/processor/testing/samples";
import { jpegMetadataOf, sha256 } from "./_pictures.ts";
import { openSystem, type System } from "./_system.ts";

const READY = { timeoutMs: 60_000 };
const ADA = "ada.walks";
/** `CODEC=imagescript` runs this file with the codec that has no native code: what it does not take is rejected. */
const WEBP_END = process.env["CODEC"] === "imagescript" ? "rejected" : "ready";

let system: System;
let ada: string;
before(async () => {
  system = await openSystem();
  ada = await tokenFor(ADA);
});
after(async () => await system?.stop());

async function sample(name: string, type = "image/jpeg"): Promise<Blob> {
  return new Blob([await readFile(join(system.dataDir, "samples", name))], { type });
}

async function postImage(body: BodyInit, { query = "", type }: { query?: string; type?: string }) {
  const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
  const response = await callEdge(`/v1/images${query}`, {
    token: ada,
    method: "POST",
    headers,
    body,
  });
  return { status: response.status, answer: await response.json() as Record<string, string> }; // the contract
}

test("an upload by the project's client becomes ready, with a manifest, a row and a tag", async () => {
  const file = await sample("scene.jpg");
  const client = clientFor(ADA);
  const { imageId } = await client.upload(file);
  const image = await client.waitUntilReady(imageId, READY);
  assert.equal(image.status, "ready");
  assert.equal(image.bytes, file.size);
  const sizes = image.renditions.map(({ name, width, height }) => [name, width, height]);
  assert.deepEqual(sizes, [["large", 1600, 1067], ["medium", 800, 533], ["thumb", 200, 133]]);
  for (const [name, bytes] of Object.entries(await renditionsOf(image))) {
    assert.equal(bytes.length, image.renditions.find((one) => one.name === name)?.bytes);
  }
  assert.equal((await namesWith(BUCKETS.processed, imageId)).length, 4);
  const digest = sha256(await file.bytes());
  const columns = "status, source, media_type, bytes, content_key, width, height, tenant";
  const seen = `SELECT ${columns} FROM tintype.images_current WHERE image_id = '${imageId}'`;
  await eventually("its row", async () => (await query(seen)).length > 0, READY.timeoutMs);
  const salt = saltAt(await readDays(), t0OfImageId(imageId as ImageId)); // the edge's own
  const key = await contentKeyOf(salt, digest);
  const row = ["ready", "edge", "image/jpeg", String(file.size), key, "1800", "1200", TENANT];
  assert.deepEqual(await query(seen), [row]);
  const reader = await tokenFor(ADA, { scope: "images:read:original" });
  const original = await callEdge(`/v1/images/${imageId}/original`, { token: reader });
  const { url, contentType } = await original.json() as Record<string, string>; // the contract
  assert.equal(contentType, "image/jpeg");
  assert.equal(sha256(await (await fetch(url ?? "")).bytes()), digest);
  const first = await callEdge(`/v1/images/${imageId}`, { token: ada });
  const headers = { "if-none-match": first.headers.get("etag") ?? "" };
  const second = await callEdge(`/v1/images/${imageId}`, { token: ada, headers });
  assert.deepEqual([first.status, second.status, await second.text()], [200, 304, ""]);
});

test("POST /v1/images takes a raw body and a form, and ?wait tells when each is ready", async () => {
  const file = await sample("scene.webp", "image/webp");
  const digest = sha256(await file.bytes());
  const raw = await postImage(file, { query: `?sha256=${digest}`, type: "image/webp" });
  const form = new FormData();
  form.set("file", await sample("see_through.png", "image/png"), "badge.png");
  const multipart = await postImage(form, {});
  const ends = [[raw, WEBP_END], [multipart, "ready"]] as const;
  for (const [{ status, answer }, end] of ends) {
    assert.equal(status, 202);
    assert.equal(answer["status"], "processing");
    assert.equal(answer["image"], `/v1/images/${answer["imageId"]}`);
    const path = `${answer["image"]}?wait=20`;
    const image = await (await callEdge(path, { token: ada })).json() as { status: string }; // the contract
    assert.equal(image.status, end);
  }
});

test(
  "a phone's picture loses place, maker notes and profile",
  { skip: WITHOUT_SHARED_IMAGES },
  async () => {
    const bytes = sharedImage("photos/iphone6_8mp.jpg");
    assert.ok(jpegMetadataOf(bytes).includes("APP1"));
    const client = clientFor(ADA);
    const { imageId } = await client.upload(new Blob([bytes], { type: "image/jpeg" }));
    const image = await client.waitUntilReady(imageId, READY);
    const renditions = Object.entries(await renditionsOf(image));
    assert.equal(renditions.length, 3);
    for (const [name, rendition] of renditions) {
      assert.deepEqual(jpegMetadataOf(rendition), [], name);
      for (const word of ["Apple", "iPhone", "GPS"]) {
        assert.ok(!Buffer.from(rendition.subarray(0, 2_000)).includes(word), `${name}: ${word}`);
      }
    }
  },
);
