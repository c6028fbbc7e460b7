/** Hostile images through the running processor: each ends once, rejected with its reason or ready, and none costs another. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { makeImageId, t0OfImageId } from "@tintype/core/model/image_id";
import { type Manifest, parseManifest } from "@tintype/core/model/manifest";
import { type ImageRef, manifestName, rawName } from "@tintype/core/model/object_name";
import { parseOwner } from "@tintype/core/model/owner";
import { parseTenant } from "@tintype/core/model/tenant";
import { GcsObjectStore } from "@tintype/processor/adapters/gcs_object_store";
import {
  damagedFiles,
  type HostileFile,
  hostileFiles,
} from "@tintype/processor/testing/hostile/hostile_files";
import { BUCKETS, clientFor, URLS } from "../_cloud.ts";
import { noisePng } from "../_pictures.ts";
import { startSystem, type System } from "../_system.ts";
import { waitUntil } from "../_wait.ts";
import { watchProcessorMemory } from "./_resident_memory.ts";

const MAX_MIB = 1_024;
const AT_ONCE = 8;
const ALL_MS = 120_000;

const raw = storeOf(BUCKETS.raw);
const processed = storeOf(BUCKETS.processed);
let system: System;
before(async () => {
  system = await startSystem();
});
after(async () => void await system?.stop());

function storeOf(bucket: string): GcsObjectStore {
  return new GcsObjectStore({ projectId: "tintype-local", bucket, endpoint: URLS.storage });
}

function newRef(): ImageRef {
  return {
    tenant: parseTenant("walks"),
    owner: parseOwner("abcdefghijklmnopqrst"),
    imageId: makeImageId(Date.now(), crypto.getRandomValues(new Uint8Array(10))),
  };
}

/** Puts a file where every door puts images, past what a door would refuse. */
async function put({ mediaType, bytes }: HostileFile): Promise<ImageRef> {
  const ref = newRef();
  await raw.create(rawName(ref), bytes, {
    contentType: mediaType,
    customTimeMs: t0OfImageId(ref.imageId),
    metadata: { source: "edge" },
  });
  return ref;
}

async function manifestOf(ref: ImageRef): Promise<Manifest | null> {
  const bytes = await processed.read(manifestName(ref));
  return bytes === null ? null : parseManifest(bytes);
}

async function putAll(files: readonly HostileFile[]): Promise<Map<HostileFile, ImageRef>> {
  const refs = new Map<HostileFile, ImageRef>();
  const queue = [...files];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      refs.set(file, await put(file));
    }
  }));
  return refs;
}

test("each hostile image ends at its first delivery, and the next good one is ready", async () => {
  const files = [...await hostileFiles(), ...await damagedFiles({ cuts: 6, flips: 6 })];
  const memory = watchProcessorMemory();
  const refs = await putAll(files);
  const faults: string[] = [];
  for (const [file, ref] of refs) {
    await waitUntil(`the end of ${file.name}`, async () => await manifestOf(ref) !== null, ALL_MS);
    const manifest = await manifestOf(ref);
    const ending = manifest?.status === "ready" ? "ready" : manifest?.reason;
    if (!file.endings.some((expected) => expected === ending)) {
      faults.push(`${file.name}: ${ending}`);
    }
    if (manifest?.attempt !== 1) faults.push(`${file.name}: attempt ${manifest?.attempt}`);
  }
  assert.deepEqual(faults, []);
  const peakMib = memory.peak();
  assert.ok(peakMib <= MAX_MIB, `${peakMib} MiB`);
  const client = clientFor("after-the-storm");
  const good = new Blob([noisePng(300, 200)], { type: "image/png" });
  const { imageId } = await client.upload(good);
  const { status } = await client.waitUntilReady(imageId, { timeoutMs: 30_000 });
  assert.equal(status, "ready");
  const told = system.lines.filter((line) => line.includes("delivery_failed"));
  assert.deepEqual(told, []);
});
