import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test, type TestContext } from "node:test";
import { type Bucket, Storage } from "@google-cloud/storage";
import { bytesOf, startTestStorage } from "./_fixture.ts";

async function openBucket(t: TestContext): Promise<Bucket> {
  const { url } = await startTestStorage(t);
  const storage = new Storage({ apiEndpoint: url, projectId: "tintype-local" });
  return storage.bucket("tintype-raw");
}

// A resumable upload rejects with the answer's error object, not with an Error.
const isCode = (code: number) => (error: unknown) =>
  typeof error === "object" && error !== null && "code" in error && Number(error.code) === code;

for (const resumable of [false, true]) {
  const way = resumable ? "resumable" : "multipart";
  test(`client saves and downloads by ${way} upload, checksums validated`, async (t) => {
    const file = (await openBucket(t)).file("2026-01-01/acme/öwner/ü id");
    const bytes = Buffer.from(bytesOf(3_000_001));
    await file.save(bytes, {
      resumable,
      validation: "crc32c",
      contentType: "image/jpeg",
      metadata: { customTime: "2026-01-01T00:00:00Z", metadata: { source: "kafka" } },
      preconditionOpts: { ifGenerationMatch: 0 },
    });
    const [metadata] = await file.getMetadata();
    assert.equal(metadata.size, String(bytes.length));
    assert.equal(metadata.contentType, "image/jpeg");
    assert.equal(metadata.customTime, "2026-01-01T00:00:00.000Z");
    assert.deepEqual(metadata.metadata, { source: "kafka" });
    assert.equal(metadata.md5Hash, createHash("md5").update(bytes).digest("base64"));
    assert.match(String(metadata.generation), /^\d{16}$/);
    const [downloaded] = await file.download();
    assert.ok(downloaded.equals(bytes));
    const [range] = await file.download({ start: 1_000, end: 1_999 });
    assert.ok(range.equals(bytes.subarray(1_000, 2_000)));
  });

  test(`client is told 412 where ifGenerationMatch does not hold, by ${way} upload`, async (t) => {
    const bucket = await openBucket(t);
    const options = { resumable, preconditionOpts: { ifGenerationMatch: 0 } };
    await bucket.file("one").save("first", options);
    await assert.rejects(bucket.file("one").save("second", options), isCode(412));
    assert.equal(String(await bucket.file("one").download()), "first");
  });

  test(`client saves an empty object by ${way} upload`, async (t) => {
    const file = (await openBucket(t)).file("marker");
    await file.save("", { resumable });
    assert.equal((await file.download())[0].length, 0);
  });
}

test("client uploads in chunks", async (t) => {
  const file = (await openBucket(t)).file("chunked");
  const bytes = Buffer.from(bytesOf(1_000_000));
  await file.save(bytes, { resumable: true, chunkSize: 256 * 1024 });
  assert.ok((await file.download())[0].equals(bytes));
});

test("client lists by prefix, delimiter, offset and pages, in the order of UTF-8 bytes", async (t) => {
  const bucket = await openBucket(t);
  const names = ["a/1", "a/2", "a/\u{ffee}", "a/\u{1f600}", "b/1", "c"];
  for (const name of [...names].reverse()) await bucket.file(name).save("x", { resumable: false });
  const list = async (query: object) =>
    (await bucket.getFiles({ autoPaginate: false, ...query }))[0].map((file) => file.name);
  assert.deepEqual(await list({}), names);
  assert.deepEqual(await list({ prefix: "a/" }), names.slice(0, 4));
  assert.deepEqual(await list({ startOffset: "a/2", endOffset: "b/1" }), names.slice(1, 4));
  assert.deepEqual(await list({ delimiter: "/" }), ["c"]);
  const [all] = await bucket.getFiles({ maxResults: 2, autoPaginate: true });
  assert.equal(all.length, 2);
  const paged: string[] = [];
  let query: object | null = { maxResults: 2, autoPaginate: false };
  while (query !== null) {
    const [files, next]: [{ name: string }[], object | null, unknown?] = await bucket.getFiles(
      query,
    );
    paged.push(...files.map((file) => file.name));
    query = next;
  }
  assert.deepEqual(paged, names);
});

test("client lists folders", async (t) => {
  const bucket = await openBucket(t);
  for (const name of ["a/1", "a/2", "b/1", "c"]) await bucket.file(name).save("x");
  const query = { delimiter: "/", autoPaginate: false, maxResults: 2 };
  const [files, next, response] = await bucket.getFiles(query);
  assert.deepEqual(files.map((file) => file.name), []);
  assert.deepEqual(Object(response)["prefixes"], ["a/", "b/"]);
  const [rest] = await bucket.getFiles(Object(next));
  assert.deepEqual(rest.map((file) => file.name), ["c"]);
});

test("client deletes under a precondition", async (t) => {
  const file = (await openBucket(t)).file("one");
  await file.save("x");
  const [{ generation }] = await file.getMetadata();
  await assert.rejects(file.delete({ ifGenerationMatch: 5 }), isCode(412));
  await file.delete({ ifGenerationMatch: Number(generation) });
  assert.deepEqual(await file.exists(), [false]);
  await assert.rejects(file.delete(), isCode(404));
  await assert.rejects(file.download(), isCode(404));
});

test("client reads a generation, and 404 for one that is gone", async (t) => {
  const bucket = await openBucket(t);
  await bucket.file("one").save("first");
  const [{ generation }] = await bucket.file("one").getMetadata();
  const first = bucket.file("one", { generation: Number(generation) });
  assert.equal(String(await first.download()), "first");
  await bucket.file("one").save("second");
  await assert.rejects(first.download(), isCode(404));
});

test("client changes metadata, and the custom time only forward", async (t) => {
  const file = (await openBucket(t)).file("one");
  await file.save("x", { metadata: { customTime: "2026-01-02T00:00:00Z" } });
  await file.setMetadata({ metadata: { a: "1", b: "2" }, customTime: "2026-01-03T00:00:00Z" });
  await file.setMetadata({ metadata: { a: null } });
  const [metadata] = await file.getMetadata();
  assert.deepEqual(metadata.metadata, { b: "2" });
  assert.equal(Number(metadata.metageneration), 3);
  await assert.rejects(file.setMetadata({ customTime: "2026-01-01T00:00:00Z" }), isCode(400));
});

test("client finds the buckets of the local cloud, and makes and removes one", async (t) => {
  const { storage } = await openBucket(t);
  const [buckets] = await storage.getBuckets();
  assert.deepEqual(
    buckets.map((bucket) => bucket.name),
    ["certificates", "config", "erasures", "processed", "raw"].map((name) => `tintype-${name}`),
  );
  const [made] = await storage.createBucket("another");
  assert.deepEqual(await made.exists(), [true]);
  await assert.rejects(storage.createBucket("another"), isCode(409));
  await made.file("x").save("x");
  await assert.rejects(made.delete(), isCode(409));
  await made.file("x").delete();
  await made.delete();
  assert.deepEqual(await made.exists(), [false]);
});

test("client resumes over faults: 503 and lost connections", async (t) => {
  const { url } = await startTestStorage(t);
  const storage = new Storage({
    apiEndpoint: url,
    projectId: "p",
    retryOptions: { retryDelayMultiplier: 1, maxRetryDelay: 1 },
  });
  const fault = async (action: object, times = 1) => {
    const match = { method: "PUT", path: "upload_id" };
    const body = JSON.stringify({ match, times, action });
    assert.equal((await fetch(`${url}/_local/faults`, { method: "POST", body })).status, 201);
  };
  await fault({ status: 503 });
  await fault({ cutAfterBytes: 700_000 });
  const file = storage.bucket("tintype-raw").file("one");
  const bytes = Buffer.from(bytesOf(2_000_000));
  await file.save(bytes, { resumable: true, preconditionOpts: { ifGenerationMatch: 0 } });
  assert.ok((await file.download())[0].equals(bytes));
});
