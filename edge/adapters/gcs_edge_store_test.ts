import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { firstImageIdOf } from "@tintype/core/model/image_id";
import { type ObjectName, rawName } from "@tintype/core/model/object_name";
import { parseOwner } from "@tintype/core/model/owner";
import { parseTenant } from "@tintype/core/model/tenant";
import { withSignature } from "@tintype/gcs/authorize";
import { importHmacSigner, type V4Signer } from "@tintype/gcs/v4_signer";
import { lacksLocalCloud, type LocalCloud, startLocalCloud } from "../_local_cloud.ts";
import { gcsEdgeStore } from "./gcs_edge_store.ts";
import { gcsReadUrlSigner } from "./gcs_read_url_signer.ts";

const skip = lacksLocalCloud;
const BUCKET = "tintype-processed";
const DAY_MS = Date.parse("2026-11-20T00:00:00Z");

let cloud: LocalCloud;
let signer: V4Signer;
let store: ReturnType<typeof gcsEdgeStore>;

before(async () => {
  if (skip) return;
  cloud = await startLocalCloud();
  // Writes and reads one bucket, which the edge itself may not.
  signer = await importHmacSigner(JSON.parse(cloud.ownerSigningKey));
  store = storeOf(signer);
});

after(async () => await cloud?.[Symbol.asyncDispose]());

function storeOf(signer: V4Signer) {
  const authorize = withSignature(signer, Date.now);
  return gcsEdgeStore({ endpoint: cloud.storageUrl, bucket: BUCKET, authorize });
}

function nameAt(owner: string, offsetMs: number): ObjectName {
  const imageId = firstImageIdOf(DAY_MS + offsetMs);
  return rawName({ tenant: parseTenant("acme"), owner: parseOwner(owner), imageId });
}

function text(content: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(content));
}

const write = {
  contentType: "image/png",
  customTimeMs: DAY_MS,
  metadata: { source: "edge", size: "5" },
};

test("create() writes once, and what it wrote is read, in parts too", { skip }, async () => {
  const name = nameAt("a".repeat(20), 1);
  const made = await store.create(name, text("hello"), write);
  assert.ok(made.created);
  assert.deepEqual(await store.create(name, text("other"), write), { created: false });
  assert.deepEqual(await store.read(name), text("hello"));
  assert.deepEqual(await store.read(name, { generation: made.generation }), text("hello"));
  assert.equal(await store.read(name, { generation: "1" }), null);
  assert.deepEqual(await store.readRange(name, { offset: 1, length: 3 }), text("ell"));
  assert.deepEqual(await store.readRange(name, { offset: 3, length: 30 }), text("lo"));
  assert.deepEqual(await store.readRange(name, { offset: 30, length: 3 }), text(""));
  assert.deepEqual(await store.readRange(name, { offset: 0, length: 0 }), text(""));
  const facts = await store.stat(name);
  assert.ok(facts !== null && Math.abs(facts.createdMs - Date.now()) < 60_000);
  assert.deepEqual({ ...facts, createdMs: 0 }, {
    name,
    generation: made.generation,
    size: 5,
    contentType: "image/png",
    customTimeMs: DAY_MS,
    createdMs: 0,
    crc32c: "mnG7TA==",
    metadata: { source: "edge", size: "5" },
  });
});

test("what is not there is null", { skip }, async () => {
  const name = nameAt("b".repeat(20), 1);
  assert.equal(await store.stat(name), null);
  assert.equal(await store.read(name), null);
  assert.equal(await store.readRange(name, { offset: 0, length: 1 }), null);
});

test("create() takes an empty body", { skip }, async () => {
  const name = nameAt("c".repeat(20), 1);
  assert.ok((await store.create(name, new Uint8Array(), write)).created);
  assert.deepEqual(await store.read(name), text(""));
});

test("list() begins with the start offset itself, goes by pages and names sizes and times", {
  skip,
}, async () => {
  const names = [1, 2, 3, 4].map((ms) => nameAt("d".repeat(20), ms));
  for (const name of names) await store.create(name, text("12345"), write);
  const [first = ""] = names;
  const prefix = first.slice(0, first.lastIndexOf("/") + 1);
  const startOffset = names[1] ?? "";
  const page = await store.list({ prefix, startOffset, maxResults: 2 });
  assert.deepEqual(page.objects.map(({ name }) => name), names.slice(1, 3));
  assert.deepEqual(page.objects.map(({ size }) => size), [5, 5]);
  assert.ok(Math.abs((page.objects[0]?.createdMs ?? 0) - Date.now()) < 60_000);
  const pageToken = page.nextPageToken ?? "";
  const rest = await store.list({ prefix, startOffset, maxResults: 2, pageToken });
  assert.deepEqual(rest.objects.map(({ name }) => name), names.slice(3));
  assert.equal(rest.nextPageToken, undefined);
  const folders = await store.list({ prefix: "2026-11-20/acme/", delimiter: "/" });
  assert.ok(folders.prefixes.includes(prefix));
});

test(
  "a signed address reads its generation until it ends, and nothing else",
  { skip },
  async () => {
    const name = nameAt("e".repeat(20), 1);
    const made = await store.create(name, text("hello"), write);
    assert.ok(made.created);
    const expiresAtMs = Date.now() + 2_000;
    const place = { endpoint: cloud.storageUrl, bucket: BUCKET };
    const { signRead } = gcsReadUrlSigner({ ...place, signer, clock: Date });
    const url = await signRead(name, { ...made, expiresAtMs });
    assert.equal(await (await fetch(url)).text(), "hello");
    assert.equal((await fetch(url, { method: "DELETE" })).status, 403);
    assert.equal((await fetch(url.replace("generation=", "generation=1"))).status, 403);
    await new Promise((resolve) => setTimeout(resolve, expiresAtMs - Date.now() + 1_000));
    assert.ok([400, 403].includes((await fetch(url)).status));
  },
);

test(
  "a refusal for our own fault is an internal error without an address in it",
  { skip },
  async () => {
    const stranger = await importHmacSigner({ accessId: "GOOG1UNKNOWN", secret: "x".repeat(40) });
    const refused = storeOf(stranger).list({ prefix: "" });
    await assert.rejects(refused, (error: Error & { code?: string }) => {
      return error.code === "internal" && !/X-Goog|http/.test(error.message);
    });
  },
);
