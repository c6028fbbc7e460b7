import { t0OfImageId } from "@tintype/core/model/image_id";
import { manifestName } from "@tintype/core/model/object_name";
import type { ObjectStore } from "@tintype/core/ports/object_store";
import { OBJECT_STORE_CONTRACT } from "@tintype/core/testing/object_store_contract";
import { sampleRef } from "@tintype/core/testing/sample_row";
import { type Emulator, startEmulator } from "@tintype/core/testing/start_emulator";
import assert from "node:assert/strict";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import { gcsObjectStore } from "./gcs_object_store.ts";

const bytes = new TextEncoder().encode("0123456789");

describe("gcsObjectStore() on the local storage", () => {
  let storage: Emulator;
  let store: ObjectStore;
  const warnings: string[] = [];
  const onWarning = ({ message }: Error) => void warnings.push(message);

  before(async () => {
    storage = await startEmulator("storage");
    // The contract replaces an object more than once a second.
    await storage.control("POST", "/_local/mutations", { limit: "none" });
    store = storeOf(storage.url);
    process.on("warning", onWarning);
  });
  after(async () => {
    process.off("warning", onWarning);
    await storage.stop();
  });

  for (const { name, run } of OBJECT_STORE_CONTRACT) test(name, () => run(store));

  test("create() stores what the object is served with", async () => {
    const { object, write } = fresh();
    await store.create(object, bytes, { ...write, cacheControl: "private, max-age=600" });
    const path = `/storage/v1/b/tintype-processed/o/${encodeURIComponent(object)}?alt=media`;
    const read = await fetch(storage.url + path);
    assert.equal(read.headers.get("cache-control"), "private, max-age=600");
    await read.body?.cancel();
  });

  /** Makes the next calls that match end otherwise; one call where no number is given. */
  const fault = async (match: { method?: string; path?: string }, action: unknown, times = 1) =>
    await storage.control("POST", "/_local/faults", { match, times, action });

  for (
    const [name, action] of [
      ["goes through an answer of 503", { status: 503 }],
      ["that loses its answer says that the object is there", { dropReply: true }],
    ] as const
  ) {
    test(`create() ${name}`, async () => {
      const { object, write } = fresh();
      await fault({ method: "POST", path: "/upload/" }, action);
      await store.create(object, bytes, write);
      assert.deepEqual(await store.read(object), bytes);
    });
  }

  for (const action of [{ status: 503 }, { status: 429 }]) {
    test(`reads, lists and removals go through an answer of ${action.status}`, async () => {
      const { object, write } = fresh();
      const made = await store.create(object, bytes, write);
      assert.ok(made.created);
      await fault({ method: "GET" }, action);
      assert.deepEqual(await store.read(object), bytes);
      await fault({ method: "GET" }, action);
      assert.equal((await store.stat(object))?.size, bytes.length);
      await fault({ method: "DELETE" }, action);
      assert.equal(await store.remove(object, { generation: made.generation }), true);
    });
  }

  test("create() takes a 403 that names the delete permission as already there", async () => {
    const { object, write } = fresh();
    const message = "edge@x does not have storage.objects.delete access to the object.";
    const body = JSON.stringify({ error: { code: 403, message } });
    await fault({ path: "/upload/" }, { status: 403, body });
    assert.deepEqual(await store.create(object, bytes, write), { created: false });
  });

  test("a response that no retry would change is internal", async () => {
    const { object, write } = fresh();
    await fault({ path: "/upload/" }, { status: 403 });
    await assert.rejects(store.create(object, bytes, write), { code: "internal" });
  });

  test("a store that stays away is unavailable", async () => {
    await fault({ method: "GET" }, { status: 503 }, 50);
    await assert.rejects(store.read(fresh().object), { code: "unavailable" });
    await storage.control("DELETE", "/_local/faults");
  });

  test("no warning was made", () => {
    assert.deepEqual(warnings, []);
  });
});

function storeOf(endpoint: string): ObjectStore {
  return gcsObjectStore({ bucket: "tintype-processed", endpoint });
}

function fresh() {
  const ref = sampleRef();
  const customTimeMs = t0OfImageId(ref.imageId);
  return { object: manifestName(ref), write: { contentType: "application/json", customTimeMs } };
}
