import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import {
  bytesOf,
  CHUNK,
  getResource,
  putChunk,
  putMedia,
  startSession,
  startTestStorage,
  type TestStorage,
  waitForHeld,
} from "./_fixture.ts";

async function control(storage: TestStorage, name: string, body: unknown): Promise<Response> {
  const text = JSON.stringify(body);
  return await fetch(`${storage.url}/_local/${name}`, { method: "POST", body: text });
}

const isThere = async (storage: TestStorage, name: string) =>
  (await getResource(storage, name))["error"] === undefined;

test("cutAfterBytes drops the connection: an upload at once leaves nothing, a session what it holds", async (t) => {
  const storage = await startTestStorage(t);
  const action = { cutAfterBytes: CHUNK + 5 };
  await control(storage, "faults", { action });
  await assert.rejects(putMedia(storage, "one", bytesOf(2 * CHUNK)));
  assert.equal(await isThere(storage, "one"), false);
  const session = await startSession(storage);
  await control(storage, "faults", { match: { method: "PUT" }, action });
  const body = bytesOf(2 * CHUNK);
  await assert.rejects(putChunk(session, `0-${2 * CHUNK - 1}/${2 * CHUNK}`, body));
  await waitForHeld(session, CHUNK);
  const folder = join(storage.dataDir, "blobs");
  const files = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile());
  assert.equal(files.length, 1);
});

test("the lifecycle empties the erasures' bucket, and leaves certificates and the configuration alone", async (t) => {
  const storage = await startTestStorage(t);
  const stores = {
    raw: false,
    processed: false,
    erasures: false,
    certificates: true,
    config: true,
  };
  for (const store of Object.keys(stores)) {
    const url = `${storage.url}/upload/storage/v1/b/tintype-${store}/o?uploadType=media&name=1`;
    assert.equal((await fetch(url, { method: "POST", body: "x" })).status, 200);
  }
  const applied = await control(storage, "lifecycle", { now: "2100-01-01T00:00:00Z" });
  const counts = Object.entries(stores).map(([store, isKept]) =>
    [`tintype-${store}`, isKept ? 0 : 1] as const
  );
  assert.deepEqual(await applied.json(), { deleted: Object.fromEntries(counts) });
  for (const [store, isKept] of Object.entries(stores)) {
    const { status } = await fetch(`${storage.url}/storage/v1/b/tintype-${store}/o/1`);
    assert.equal(status, isKept ? 200 : 404, store);
  }
});

test("a second mutation within a second is refused, removals on demand", async (t) => {
  const storage = await startTestStorage(t, { limited: "writes" });
  const statusOf = async (write: Promise<Response>) => (await write).status;
  const remove = () =>
    statusOf(fetch(`${storage.url}/storage/v1/b/tintype-raw/o/one`, { method: "DELETE" }));
  assert.equal(await statusOf(putMedia(storage, "one")), 200);
  assert.equal(await statusOf(putMedia(storage, "one")), 429);
  assert.equal(await statusOf(putMedia(storage, "two")), 200);
  await control(storage, "mutations", { limit: "all" });
  assert.equal(await remove(), 429);
  await control(storage, "mutations", { limit: "none" });
  assert.equal(await statusOf(putMedia(storage, "one")), 200);
  await control(storage, "mutations", { limit: "writes" });
  assert.equal(await remove(), 204);
});

test("a control refuses a body that it cannot read", async (t) => {
  const storage = await startTestStorage(t);
  assert.equal((await control(storage, "lifecycle", { now: "soon" })).status, 400);
  assert.equal((await control(storage, "faults", { action: {} })).status, 400);
  assert.equal((await control(storage, "mutations", {})).status, 400);
});
