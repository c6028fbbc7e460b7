/** The creator against the local storage, over HTTP. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { isAppError } from "@tintype/core/errors";
import { type ObjectName, rawName } from "@tintype/core/model/object_name";
import { makeImageId } from "@tintype/core/model/image_id";
import { parseOwner } from "@tintype/core/model/owner";
import { parseTenant } from "@tintype/core/model/tenant";
import type { ObjectCreator } from "@tintype/core/ports/object_store";
import { PNG_PIXEL, PNG_PIXEL_SHA256 } from "@tintype/core/testing/sample_images";
import { type Child, startChild } from "../_child_fixture.ts";
import { gcsObjectCreator } from "./gcs_object_creator.ts";

const T0_MS = Date.UTC(2026, 0, 15, 12);
const OPTIONS = {
  contentType: "image/png",
  customTimeMs: T0_MS,
  metadata: { source: "kafka", sha256: PNG_PIXEL_SHA256 },
};
const UPLOAD = { path: "^/upload/" };

let folder: string;
let storage: Child;
let url: string;
let creator: ObjectCreator;
let made = 0;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "tintype-creator-"));
  const nowhere = "http://127.0.0.1:9";
  storage = startChild(["infra/local/storage/serve.ts"], {
    PORT: "0",
    DATA_DIR: folder,
    ISSUER_URL: nowhere,
    PROCESSOR_URL: nowhere,
  });
  url = String((await storage.line("listening"))["url"]);
  creator = gcsObjectCreator({
    bucket: "tintype-raw",
    project: "tintype-local",
    endpoint: url,
    timeoutMs: 5_000,
  });
});
after(async () => {
  await storage.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

function newName(): ObjectName {
  const ref = { tenant: parseTenant("stream"), owner: parseOwner("a".repeat(20)) };
  const imageId = makeImageId(T0_MS, new Uint8Array(10).fill(++made));
  return rawName({ ...ref, imageId });
}

async function fault(action: unknown, times = 1): Promise<void> {
  const body = JSON.stringify({ match: UPLOAD, times, action });
  const response = await fetch(`${url}/_local/faults`, { method: "POST", body });
  assert.ok(response.ok, await response.text());
}

async function resourceOf(name: ObjectName) {
  const response = await fetch(`${url}/storage/v1/b/tintype-raw/o/${encodeURIComponent(name)}`);
  return await response.json() as Readonly<Record<string, unknown>>; // Cloud Storage's object resource
}

test("gcsObjectCreator() creates with type, custom time and metadata, and answers the generation", async () => {
  const name = newName();
  const outcome = await creator.create(name, PNG_PIXEL, OPTIONS);
  const resource = await resourceOf(name);
  assert.deepEqual(outcome, { created: true, generation: resource["generation"] });
  assert.equal(resource["contentType"], "image/png");
  assert.equal(Date.parse(String(resource["customTime"])), T0_MS);
  assert.deepEqual(resource["metadata"], OPTIONS.metadata);
  assert.equal(resource["size"], String(PNG_PIXEL.length));
});

test("gcsObjectCreator() leaves what is there as it is", async () => {
  const name = newName();
  await creator.create(name, PNG_PIXEL, OPTIONS);
  const before = await resourceOf(name);
  assert.deepEqual(await creator.create(name, new Uint8Array([1]), OPTIONS), { created: false });
  assert.deepEqual(await resourceOf(name), before);
});

test("gcsObjectCreator() takes a 403 that names the delete permission for already there", async () => {
  const message = "bridge does not have storage.objects.delete access to the object.";
  await fault({ status: 403, body: { error: { code: 403, message } } });
  assert.deepEqual(await creator.create(newName(), PNG_PIXEL, OPTIONS), { created: false });
});

test("gcsObjectCreator() throws unavailable for any other 403", async () => {
  const message = "bridge does not have storage.objects.create access to the bucket.";
  await fault({ status: 403, body: { error: { code: 403, message } } });
  await assert.rejects(
    creator.create(newName(), PNG_PIXEL, OPTIONS),
    (error) => isAppError(error, "unavailable"),
  );
});

test("gcsObjectCreator() repeats a 503", async () => {
  await fault({ status: 503 });
  const outcome = await creator.create(newName(), PNG_PIXEL, OPTIONS);
  assert.equal(outcome.created, true);
});

test("gcsObjectCreator() has the object when the answer was lost", async () => {
  const name = newName();
  await fault({ dropReply: true });
  await creator.create(name, PNG_PIXEL, OPTIONS);
  assert.equal((await resourceOf(name))["size"], String(PNG_PIXEL.length));
});
