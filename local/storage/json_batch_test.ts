import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { anonymous } from "@tintype/gcs/authorize";
import { MAX_BATCH, removeObjects } from "@tintype/gcs/batch";
import { writeBatch } from "@tintype/gcs/batch_parts";
import { createObject, listObjects } from "@tintype/gcs/json_objects";
import type { Bucket } from "@tintype/gcs/storage_call";
import { startTestStorage } from "./_fixture.ts";

const WRITE = { contentType: "image/jpeg", customTimeMs: Date.UTC(2026, 0, 1) };

async function start(t: TestContext, identity?: string) {
  const ports = identity === undefined ? {} : { identityPorts: { [identity]: 0 } };
  const { url, urlsByIdentity } = await startTestStorage(t, ports);
  const bucket: Bucket = { bucket: "tintype-raw", endpoint: url, authorize: anonymous };
  const limited = { ...bucket, endpoint: urlsByIdentity[identity ?? ""] ?? url };
  const fault = async (body: unknown) =>
    await fetch(`${url}/_local/faults`, { method: "POST", body: JSON.stringify(body) });
  return { bucket, limited, fault, url };
}

async function create(bucket: Bucket, name: string) {
  const made = await createObject(bucket, name, new Uint8Array(3), WRITE);
  assert.ok(made.created);
  return { name, generation: made.generation };
}

async function namesIn(bucket: Bucket): Promise<string[]> {
  return (await listObjects(bucket, { prefix: "" })).objects.map(({ name }) => name);
}

test("removeObjects() removes a hundred by one request, and exactly the generations it is given", async (t) => {
  const { bucket } = await start(t);
  const names = Array.from({ length: MAX_BATCH }, (_, at) => `2026-01-01/ü ${at}/a+b`);
  const made = await Promise.all(names.map((name) => create(bucket, name)));
  const [first, ...others] = made;
  assert.ok(first !== undefined);
  const targets = [{ ...first, generation: "1" }, ...others];
  let requests = 0;
  const transport: Bucket["transport"] = async ({ url, method, headers, body }) => {
    requests++;
    return await fetch(url, { method, headers, body: new Blob(body as Uint8Array<ArrayBuffer>[]) }); // bytes of ours
  };
  const removed = await removeObjects({ ...bucket, transport }, targets);
  assert.deepEqual(removed, [false, ...others.map(() => true)]);
  assert.equal(requests, 1);
  assert.deepEqual(await namesIn(bucket), [first.name]);
  assert.deepEqual(await removeObjects(bucket, others.slice(0, 2)), [false, false]);
  assert.deepEqual(await removeObjects(bucket, []), []);
});

test("removeObjects() refuses more than a hundred, and so does the emulator", async (t) => {
  const { bucket, url } = await start(t);
  const targets = Array.from({ length: MAX_BATCH + 1 }, () => ({ name: "x", generation: "1" }));
  await assert.rejects(removeObjects(bucket, targets), RangeError);
  const parts = targets.map((_, at) => ({
    id: String(at),
    message: "DELETE /storage/v1/b/tintype-raw/o/x HTTP/1.1\r\n\r\n",
  }));
  const { contentType, text } = writeBatch(parts);
  const headers = { "content-type": contentType };
  const send = (body: string) =>
    fetch(`${url}/batch/storage/v1`, { method: "POST", headers, body });
  assert.equal((await send(text)).status, 400);
  assert.equal((await send("not a batch")).status, 400);
});

test("removeObjects() repeats a batch that a 503 or a lost reply kept from it, and says what it removed", async (t) => {
  const { bucket, fault } = await start(t);
  for (const [action, isSeen] of [[{ status: 503 }, true], [{ dropReply: true }, false]] as const) {
    const made = await create(bucket, "again");
    await fault({ match: { path: "^/batch" }, times: 1, action });
    assert.deepEqual(await removeObjects(bucket, [made]), [isSeen]);
    assert.deepEqual(await namesIn(bucket), []);
  }
});

test("removeObjects() throws where the caller may not delete, and nothing is removed", async (t) => {
  const { bucket, limited } = await start(t, "bridge");
  const made = await create(bucket, "kept");
  await assert.rejects(removeObjects(limited, [made]), { status: 403, reason: "forbidden" });
  assert.deepEqual(await namesIn(bucket), ["kept"]);
});
