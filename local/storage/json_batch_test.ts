import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { anonymous } from "@tintype/gcs/authorize";
import { MAX_BATCH, removeObjects } from "@tintype/gcs/batch";
import { readBatch, writeBatch } from "@tintype/gcs/batch_parts";
import { createObject, listObjects } from "@tintype/gcs/json_objects";
import { RETRY } from "@tintype/gcs/retry";
import type { Bucket } from "@tintype/gcs/storage_call";
import { StorageError } from "@tintype/gcs/storage_error";
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

const outcomesOf = async (...call: Parameters<typeof removeObjects>) =>
  (await removeObjects(...call)).map((outcome) =>
    outcome instanceof StorageError ? outcome.status : outcome
  );
const FAST = { policy: { ...RETRY, minDelayMs: 0, maxDelayMs: 0 } };

/** A transport that counts how many calls each batch holds. */
function counting() {
  const sizes: number[] = [];
  const transport: Bucket["transport"] = async ({ url, method, headers, body }) => {
    const text = new TextDecoder().decode((body as Uint8Array[])[0]); // this client sends one part
    sizes.push(text.split("application/http").length - 1);
    return await fetch(url, { method, headers, body: text });
  };
  return { sizes, transport };
}

test("removeObjects() removes a hundred by one request, and exactly the generations it is given", async (t) => {
  const { bucket } = await start(t);
  const names = Array.from({ length: MAX_BATCH }, (_, at) => `2026-01-01/ü ${at}/a+b`);
  const made = await Promise.all(names.map((name) => create(bucket, name)));
  const [first, ...others] = made;
  assert.ok(first !== undefined);
  const { sizes, transport } = counting();
  const targets = [{ ...first, generation: "1" }, ...others];
  const outcomes = await outcomesOf({ ...bucket, transport }, targets);
  assert.deepEqual(outcomes, ["replaced", ...others.map(() => "removed")]);
  assert.deepEqual(sizes, [MAX_BATCH]);
  assert.deepEqual(await namesIn(bucket), [first.name]);
  assert.deepEqual(await outcomesOf(bucket, others.slice(0, 2)), ["absent", "absent"]);
  assert.deepEqual(await outcomesOf(bucket, []), []);
});

test("removeObjects() sends again only what failed for the time being, and returns what stays refused", async (t) => {
  const { bucket, fault } = await start(t);
  const made = await Promise.all(["a", "b", "c", "d"].map((name) => create(bucket, name)));
  const refuse = (name: string, times: number, status: number) =>
    fault({ match: { method: "DELETE", path: `/o/${name}` }, times, action: { status } });
  await Promise.all([refuse("b", 2, 503), refuse("c", 99, 429), refuse("d", 99, 403)]);
  const { sizes, transport } = counting();
  const outcomes = await outcomesOf({ ...bucket, transport }, made, FAST);
  assert.deepEqual(outcomes, ["removed", "removed", 429, 403]);
  assert.deepEqual(sizes, [4, 2, 2, 1, 1]);
  assert.deepEqual(await namesIn(bucket), ["c", "d"]);
});

test("removeObjects() takes parts in any order, and sends again what has no reply of its own", async (t) => {
  const { bucket } = await start(t);
  const made = await Promise.all(["a", "b", "c"].map((name) => create(bucket, name)));
  let isFirst = true;
  const transport: Bucket["transport"] = async ({ url, method, headers, body }) => {
    const response = await fetch(url, {
      method,
      headers,
      body: new Blob(body as Uint8Array<ArrayBuffer>[]),
    }); // bytes of ours
    const type = response.headers.get("content-type") ?? "";
    const parts = readBatch(type, await response.text()).reverse();
    // As seen of Cloud Storage: a part that fails may have no id.
    if (isFirst) parts[1] = { id: "", message: "HTTP/1.1 503 Service Unavailable\r\n\r\n" };
    isFirst = false;
    const { contentType, text } = writeBatch(parts);
    return new Response(text, { headers: { "content-type": contentType } });
  };
  const outcomes = await outcomesOf({ ...bucket, transport }, made, FAST);
  assert.deepEqual(outcomes, ["removed", "absent", "removed"], "b went before its reply was lost");
});

test("a batch of another form is refused, and none of its calls happens", async (t) => {
  const { bucket, url } = await start(t);
  await create(bucket, "x");
  const targets = Array.from({ length: MAX_BATCH + 1 }, () => ({ name: "x", generation: "1" }));
  await assert.rejects(removeObjects(bucket, targets), RangeError);
  const path = "/storage/v1/b/tintype-raw/o/x";
  const batchOf = (count: number, line = `DELETE ${path}`) =>
    writeBatch(Array.from({ length: count }, (_, at) => ({
      id: String(at),
      message: `${line} HTTP/1.1\r\n\r\n`,
    })));
  const { contentType, text } = batchOf(1);
  const wrong: readonly (readonly [string, string])[] = [
    ...[batchOf(MAX_BATCH + 1), batchOf(0), batchOf(1, `GET ${path}?alt=media`)].map((batch) =>
      [batch.contentType, batch.text] as const
    ),
    [contentType, "not a batch"],
    [contentType, text.replace("application/http", "text/plain")],
    ["multipart/mixed", text],
  ];
  for (const [type, body] of wrong) {
    const headers = { "content-type": type };
    const response = await fetch(`${url}/batch/storage/v1`, { method: "POST", headers, body });
    assert.equal(response.status, 400, body.slice(0, 300));
  }
  assert.deepEqual(await namesIn(bucket), ["x"]);
});

test("removeObjects() repeats a batch that a 503 or a lost reply kept from it, and returns what stands after it", async (t) => {
  const { bucket, fault } = await start(t);
  for (const [action, seen] of [[{ status: 503 }, "removed"], [{ dropReply: true }, "absent"]]) {
    const made = await create(bucket, "again");
    await fault({ match: { path: "^/batch" }, times: 1, action });
    assert.deepEqual(await outcomesOf(bucket, [made], FAST), [seen]);
    assert.deepEqual(await namesIn(bucket), []);
  }
  await fault({ match: { path: "^/batch" }, times: 99, action: { status: 503 } });
  const made = ["x", "y"].map((name) => ({ name, generation: "1" }));
  assert.deepEqual(await outcomesOf(bucket, made, FAST), [503, 503]);
  const cut = AbortSignal.abort(new Error("over"));
  await assert.rejects(removeObjects(bucket, made, { signal: cut }), /over/);
});

test("removeObjects() is refused where the caller may not delete, and nothing is removed", async (t) => {
  const { bucket, limited } = await start(t, "bridge");
  assert.deepEqual(await outcomesOf(limited, [await create(bucket, "kept")]), [403]);
  assert.deepEqual(await namesIn(bucket), ["kept"]);
});
