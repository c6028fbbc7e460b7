import assert from "node:assert/strict";
import { test } from "node:test";
import { firstImageIdOf } from "@tintype/core/model/image_id";
import { rawName } from "@tintype/core/model/object_name";
import { parseOwner } from "@tintype/core/model/owner";
import { parseTenant } from "@tintype/core/model/tenant";
import { OBJECT_STORE_CONTRACT } from "@tintype/core/testing/object_store_contract";
import { withSignature } from "@tintype/gcs/authorize";
import { importHmacSigner, type V4Signer } from "@tintype/gcs/v4_signer";
import { TestCloud } from "../_worker_testing.ts";
import { gcsEdgeStore } from "./gcs_edge_store.ts";
import { gcsReadUrlSigner } from "./gcs_read_url_signer.ts";

const BUCKET = "tintype-processed";
const DAY_MS = Date.parse("2026-11-20T00:00:00Z");
const HELLO = new TextEncoder().encode("hello");

let signer: V4Signer;
let store: ReturnType<typeof gcsEdgeStore>;
const cloud = new TestCloud(async ({ local }) => {
  // Writes and reads one bucket, which the edge itself may not.
  signer = await importHmacSigner(local.ownerKey);
  store = storeOf(signer);
});

function storeOf(signer: V4Signer) {
  const authorize = withSignature(signer, Date.now);
  return gcsEdgeStore({ endpoint: cloud.local.storage.url, bucket: BUCKET, authorize });
}

function nameAt(owner: string, offsetMs: number) {
  const imageId = firstImageIdOf(DAY_MS + offsetMs);
  return rawName({ tenant: parseTenant("acme"), owner: parseOwner(owner), imageId });
}

const write = { contentType: "image/png", customTimeMs: DAY_MS };

/** Every promise but those of rights that the edge lacks, and of metadata, which its listings do not know. */
const PROMISES = OBJECT_STORE_CONTRACT.filter(({ name }) =>
  /^(create|stat|list|an aborted)/.test(name) && !name.startsWith("list() pages")
);
for (const { name, run } of PROMISES) {
  test(`gcsEdgeStore ${name}`, async () => {
    const lacking = () => Promise.reject(new TypeError("The edge may not do this"));
    await run({ ...store, replace: lacking, remove: lacking, removeMany: lacking });
  });
}

test("list() begins with the start offset itself, goes by pages and names sizes and times", async () => {
  const names = [1, 2, 3, 4].map((ms) => nameAt("d".repeat(20), ms));
  for (const name of names) await store.create(name, HELLO, write);
  const [first = "", startOffset = ""] = names;
  const query = { prefix: first.slice(0, first.lastIndexOf("/") + 1), startOffset, maxResults: 2 };
  const { objects, nextPageToken: pageToken = "" } = await store.list(query);
  assert.deepEqual(objects.map(({ name }) => name), names.slice(1, 3));
  assert.deepEqual(objects.map(({ size }) => size), [5, 5]);
  assert.ok(Math.abs((objects[0]?.createdMs ?? 0) - Date.now()) < 60_000);
  const rest = await store.list({ ...query, pageToken });
  assert.deepEqual(rest.objects.map(({ name }) => name), names.slice(3));
  assert.equal(rest.nextPageToken, undefined);
});

test("read() and a signed address read their generation, until the address ends, and nothing else", async () => {
  const name = nameAt("e".repeat(20), 1);
  const made = await store.create(name, HELLO, write);
  assert.ok(made.created);
  assert.deepEqual(await store.read(name, { generation: made.generation }), HELLO);
  assert.equal(await store.read(name, { generation: "1" }), null);
  const nowMs = Date.now();
  const place = { endpoint: cloud.local.storage.url, bucket: BUCKET };
  const { signRead } = gcsReadUrlSigner(place, signer);
  const until = (expiresAtMs: number) =>
    signRead(name, { ...made, signedAtMs: nowMs - 61_000, expiresAtMs });
  const url = await until(nowMs + 60_000);
  assert.equal(await until(nowMs + 60_000), url, "browsers can cache it");
  assert.equal(await (await fetch(url)).text(), "hello");
  assert.equal((await fetch(url, { method: "DELETE" })).status, 403);
  assert.equal((await fetch(url.replace("generation=", "generation=1"))).status, 403);
  assert.ok([400, 403].includes((await fetch(await until(nowMs))).status));
});

test("create() stores what the object is served with", async () => {
  const name = nameAt("f".repeat(20), 1);
  const made = await store.create(name, HELLO, { ...write, cacheControl: "private, max-age=600" });
  assert.ok(made.created);
  const place = { endpoint: cloud.local.storage.url, bucket: BUCKET };
  const dated = { ...made, signedAtMs: Date.now(), expiresAtMs: Date.now() + 60_000 };
  const read = await fetch(await gcsReadUrlSigner(place, signer).signRead(name, dated));
  assert.equal(read.headers.get("cache-control"), "private, max-age=600");
  assert.equal(await read.text(), "hello");
});

test("a refusal for our own fault is an internal error without an address in it", async () => {
  const stranger = await importHmacSigner({ accessId: "GOOG1UNKNOWN", secret: "x".repeat(40) });
  const refused = storeOf(stranger).list({ prefix: "" });
  await assert.rejects(refused, (error: Error & { code?: string }) => {
    return error.code === "internal" && !/X-Goog|http/.test(error.message);
  });
});
