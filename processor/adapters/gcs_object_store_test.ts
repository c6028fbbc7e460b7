import { isAppError } from "@tintype/core/errors";
import { t0OfImageId } from "@tintype/core/model/image_id";
import { manifestName } from "@tintype/core/model/object_name";
import type { ObjectStore } from "@tintype/core/ports/object_store";
import { OBJECT_STORE_CONTRACT } from "@tintype/core/testing/object_store_contract";
import { sampleRef } from "@tintype/core/testing/sample_row";
import assert from "node:assert/strict";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import { missingStandIn, type StandIn, startStandIn } from "./_local_cloud.ts";
import { gcsObjectStore } from "./gcs_object_store.ts";

const skip = missingStandIn("storage") ?? false;
const bytes = new TextEncoder().encode("0123456789");

describe("gcsObjectStore() on the local storage", { skip }, () => {
  let storage: StandIn;
  let store: ObjectStore;
  const warnings: string[] = [];
  const onWarning = ({ message }: Error) => void warnings.push(message);

  before(async () => {
    storage = await startStandIn("storage");
    store = storeOf(storage.url);
    process.on("warning", onWarning);
  });
  after(async () => {
    process.off("warning", onWarning);
    await storage.stop();
  });

  for (const { name, run } of OBJECT_STORE_CONTRACT) test(name, () => run(store));

  const mending: Record<string, { path: string; action: unknown }> = {
    "create() goes through an answer of 503": { path: "/upload/", action: { status: 503 } },
    "create() that loses its answer says that the object is there": {
      path: "/upload/",
      action: { dropReply: true },
    },
  };
  for (const [name, { path, action }] of Object.entries(mending)) {
    test(name, async () => {
      const { object, write } = fresh();
      await addFault(storage, { match: { method: "POST", path }, times: 1, action });
      await store.create(object, bytes, write);
      assert.deepEqual(await store.read(object), bytes);
    });
  }

  for (const action of [{ status: 503 }, { status: 429 }]) {
    test(`reads, lists and removals go through an answer of ${action.status}`, async () => {
      const { object, write } = fresh();
      const made = await store.create(object, bytes, write);
      assert.ok(made.created);
      await addFault(storage, { match: { method: "GET" }, times: 1, action });
      assert.deepEqual(await store.read(object), bytes);
      await addFault(storage, { match: { method: "GET" }, times: 1, action });
      assert.equal((await store.stat(object))?.size, bytes.length);
      await addFault(storage, { match: { method: "DELETE" }, times: 1, action });
      assert.equal(await store.remove(object, { generation: made.generation }), true);
    });
  }

  test("create() takes a 403 that names the delete permission as already there", async () => {
    const { object, write } = fresh();
    const body = "edge@x does not have storage.objects.delete access to the object.";
    const action = { status: 403, body: JSON.stringify({ error: { code: 403, message: body } }) };
    await addFault(storage, { match: { path: "/upload/" }, times: 1, action });
    assert.deepEqual(await store.create(object, bytes, write), { created: false });
  });

  test("an answer that no retry would mend is internal", async () => {
    const { object, write } = fresh();
    await addFault(storage, { match: { path: "/upload/" }, times: 1, action: { status: 403 } });
    await assert.rejects(
      () => store.create(object, bytes, write),
      (error) => isAppError(error, "internal"),
    );
  });

  test("a store that stays away is unavailable", async () => {
    await addFault(storage, { match: { method: "GET" }, times: 50, action: { status: 503 } });
    const { object } = fresh();
    const isUnavailable = (error: unknown) => isAppError(error, "unavailable");
    await assert.rejects(() => store.read(object), isUnavailable);
    await (await fetch(`${storage.url}/_local/faults`, { method: "DELETE" })).body?.cancel();
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

async function addFault({ url }: StandIn, fault: unknown): Promise<void> {
  const answer = await fetch(`${url}/_local/faults`, {
    method: "POST",
    body: JSON.stringify(fault),
  });
  assert.ok(answer.ok, await answer.text());
}
