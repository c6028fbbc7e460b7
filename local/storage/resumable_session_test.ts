import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { crc32cOf } from "@tintype/gcs/crc32c";
import {
  bytesOf,
  CHUNK,
  getMedia,
  getResource,
  putChunk,
  putMedia,
  readRecord,
  sendPart,
  signedFetch,
  startSession,
  startTestStorage,
  waitForHeld,
} from "./_fixture.ts";

const WRONG_CRC32C = "AAAAAA==";
const md5Of = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("base64");
const heldBy = (response: Response) => response.headers.get("range");

test("a session answers 308 with what is held, and without Range where nothing is", async (t) => {
  const session = await startSession(await startTestStorage(t));
  const nothing = await putChunk(session, "bytes */*");
  assert.deepEqual([nothing.status, heldBy(nothing)], [308, null]);
  const chunk = await putChunk(session, `bytes 0-${CHUNK - 1}/*`, { body: bytesOf(CHUNK) });
  assert.deepEqual([chunk.status, heldBy(chunk)], [308, `bytes=0-${CHUNK - 1}`]);
  const query = await putChunk(session, "bytes */*");
  assert.deepEqual([query.status, heldBy(query)], [308, `bytes=0-${CHUNK - 1}`]);
});

test("a chunk that is no multiple of 256 KiB is held in part", async (t) => {
  const session = await startSession(await startTestStorage(t));
  const short = await putChunk(session, "bytes 0-999/5000", { body: bytesOf(1_000) });
  assert.deepEqual([short.status, heldBy(short)], [308, null]);
  const length = CHUNK + 1_000;
  const chunk = await putChunk(session, `bytes 0-${length - 1}/*`, { body: bytesOf(length) });
  assert.equal(heldBy(chunk), `bytes=0-${CHUNK - 1}`);
});

test("bytes sent again below the held offset are ignored", async (t) => {
  const storage = await startTestStorage(t);
  const session = await startSession(storage);
  const bytes = bytesOf(CHUNK + 500);
  await putChunk(session, `bytes 0-${CHUNK - 1}/*`, { body: bytes.slice(0, CHUNK) });
  const again = new Uint8Array(bytes);
  again.fill(0, 0, CHUNK);
  const total = bytes.length;
  const done = await putChunk(session, `bytes 0-${total - 1}/${total}`, { body: again });
  assert.equal(done.status, 200);
  assert.ok((await getMedia(storage, "object")).equals(bytes));
  assert.equal((await getResource(storage, "object"))["md5Hash"], md5Of(bytes));
});

test("a chunk beyond the held offset is answered 503 with both numbers", async (t) => {
  const session = await startSession(await startTestStorage(t));
  await putChunk(session, `bytes 0-${CHUNK - 1}/*`, { body: bytesOf(CHUNK) });
  const beyond = await putChunk(session, `bytes ${CHUNK + 1}-${CHUNK + 2}/*`, {
    body: bytesOf(2),
  });
  assert.equal(beyond.status, 503);
  assert.match(beyond.headers.get("content-type") ?? "", /^text\/plain/);
  assert.equal(
    await beyond.text(),
    `Invalid request. According to the Content-Range header, the upload offset is ${
      CHUNK + 1
    } byte(s), which exceeds already uploaded size of ${CHUNK} byte(s).`,
  );
});

test("a query completes the object only where its total is what is held", async (t) => {
  const storage = await startTestStorage(t);
  const session = await startSession(storage);
  const bytes = bytesOf(2 * CHUNK);
  await putChunk(session, `bytes 0-${2 * CHUNK - 1}/*`, { body: bytes });
  for (const total of [CHUNK, 2 * CHUNK + 1, "*"]) {
    assert.equal((await putChunk(session, `bytes */${total}`)).status, 308, `total ${total}`);
  }
  const done = await putChunk(session, `bytes */${2 * CHUNK}`);
  assert.equal(done.status, 200);
  assert.equal(readRecord(await done.json())["size"], String(2 * CHUNK));
  assert.ok((await getMedia(storage, "object")).equals(bytes));
});

test("bytes without Content-Range, or 0-*/*, are the whole object", async (t) => {
  const storage = await startTestStorage(t);
  const bytes = bytesOf(1_000);
  for (const headers of [{}, { "Content-Range": "bytes 0-*/*" }]) {
    const name = JSON.stringify(headers);
    const session = await startSession(storage, { name });
    const done = await fetch(session, { method: "PUT", body: bytes, headers });
    assert.equal(done.status, 200);
    assert.ok((await getMedia(storage, name)).equals(bytes));
  }
});

test("any request on a completed session is answered 200 with the object", async (t) => {
  const session = await startSession(await startTestStorage(t));
  const bytes = bytesOf(10);
  const done = await putChunk(session, "bytes 0-9/10", { body: bytes });
  const resource = readRecord(await done.json());
  assert.equal(resource["crc32c"], crc32cOf(bytes));
  assert.equal(resource["kind"], "storage#object");
  assert.deepEqual(
    ["size", "generation", "metageneration"].map((key) => typeof resource[key]),
    ["string", "string", "string"],
  );
  for (const range of ["bytes */*", "bytes */99", "bytes 0-9/10", "bytes 5-9/10"]) {
    const again = await putChunk(session, range, {
      body: bytesOf(range.startsWith("bytes 0") ? 10 : 5),
    });
    assert.equal(again.status, 200, range);
    assert.deepEqual(await again.json(), resource);
  }
  const cancelled = await fetch(session, { method: "DELETE" });
  assert.equal(cancelled.status, 200);
});

test("DELETE cancels with 499, after it the session is gone, and its bytes", async (t) => {
  const storage = await startTestStorage(t);
  const session = await startSession(storage);
  await putChunk(session, `bytes 0-${CHUNK - 1}/*`, { body: bytesOf(CHUNK) });
  assert.equal((await fetch(session, { method: "DELETE" })).status, 499);
  assert.equal((await putChunk(session, "bytes */*")).status, 410);
  assert.equal((await putChunk(session, "bytes 0-9/10", { body: bytesOf(10) })).status, 410);
});

test("a session that never was is answered 404", async (t) => {
  const { url } = await startTestStorage(t);
  const json = `${url}/upload/storage/v1/b/tintype-raw/o?uploadType=resumable&upload_id=none`;
  assert.equal((await putChunk(json, "bytes */*")).status, 404);
  const xml = await putChunk(`${url}/tintype-raw/object?upload_id=none`, "bytes */*");
  assert.equal(xml.status, 404);
  assert.match(await xml.text(), /<Code>NoSuchUpload<\/Code>/);
});

test("a session lives one week, is 410 in the next one and 404 later", async (t) => {
  const week = 604_800_000;
  let nowMs = Date.now();
  const storage = await startTestStorage(t, { clock: { now: () => nowMs } });
  const session = await startSession(storage);
  await putChunk(session, `bytes 0-${CHUNK - 1}/*`, { body: bytesOf(CHUNK) });
  nowMs += week - 1;
  assert.equal((await putChunk(session, "bytes */*")).status, 308);
  nowMs += 1;
  assert.equal((await putChunk(session, "bytes */*")).status, 410);
  nowMs += week;
  await storage.close();
  const later = await startTestStorage(t, {
    dataDir: storage.dataDir,
    clock: { now: () => nowMs },
  });
  assert.equal((await putChunk(session.replace(storage.url, later.url), "bytes */*")).status, 404);
});

test("ifGenerationMatch is applied at completion, and again when that is asked again", async (t) => {
  const storage = await startTestStorage(t);
  const session = await startSession(storage, { query: { ifGenerationMatch: "0" } });
  await putMedia(storage, "object", "first");
  for (let round = 0; round < 2; round++) {
    const late = await putChunk(session, "bytes 0-9/10", { body: bytesOf(10) });
    assert.equal(late.status, 412);
    const { error } = readRecord(await late.json());
    assert.equal(Object(error)["errors"][0]["reason"], "conditionNotMet");
  }
  assert.equal(String(await getMedia(storage, "object")), "first");
});

test("checksums in the start's metadata are enforced", async (t) => {
  const storage = await startTestStorage(t);
  const bytes = bytesOf(10);
  for (const resource of [{ crc32c: WRONG_CRC32C }, { md5Hash: md5Of(bytesOf(1)) }]) {
    const session = await startSession(storage, { resource });
    assert.equal((await putChunk(session, "bytes 0-9/10", { body: bytes })).status, 400);
  }
  const resource = { crc32c: crc32cOf(bytes), md5Hash: md5Of(bytes) };
  const session = await startSession(storage, { resource });
  assert.equal((await putChunk(session, "bytes 0-9/10", { body: bytes })).status, 200);
});

test("x-goog-hash on the last request is enforced", async (t) => {
  const storage = await startTestStorage(t);
  const bytes = bytesOf(10);
  const session = await startSession(storage);
  const send = (hash: string) =>
    putChunk(session, "bytes 0-9/10", { body: bytes, headers: { "x-goog-hash": hash } });
  assert.equal((await send(`crc32c=${WRONG_CRC32C}`)).status, 400);
  assert.equal((await send(`crc32c=${crc32cOf(bytes)},md5=${md5Of(bytesOf(1))}`)).status, 400);
  assert.equal((await getResource(storage, "object"))["error"] === undefined, false);
  assert.equal((await send(`crc32c=${crc32cOf(bytes)},md5=${md5Of(bytes)}`)).status, 200);
});

test("a signed x-goog-hash on an XML start is not enforced", async (t) => {
  const storage = await startTestStorage(t);
  const headers = {
    "x-goog-resumable": "start",
    "x-goog-hash": `crc32c=${WRONG_CRC32C}`,
    "x-goog-if-generation-match": "0",
    "x-goog-meta-source": "edge",
    "x-goog-custom-time": "2026-01-01T00:00:00Z",
    "content-type": "image/png",
  };
  const started = await signedFetch(storage, { method: "POST", object: "a/b ü", headers });
  assert.equal(started.status, 201);
  assert.equal(await started.text(), "");
  const session = started.headers.get("location") ?? "";
  const done = await putChunk(session, "bytes 0-9/10", { body: bytesOf(10) });
  assert.equal(done.status, 200);
  const resource = readRecord(await done.json());
  assert.equal(done.headers.get("x-goog-generation"), resource["generation"]);
  const { name, contentType, customTime, metadata } = resource;
  assert.deepEqual({ name, contentType, customTime, metadata }, {
    name: "a/b ü",
    contentType: "image/png",
    customTime: "2026-01-01T00:00:00.000Z",
    metadata: { source: "edge" },
  });
  const second = await signedFetch(storage, { method: "POST", object: "a/b ü", headers });
  const late = await putChunk(second.headers.get("location") ?? "", "bytes 0-9/10", {
    body: bytesOf(10),
  });
  assert.equal(late.status, 412);
  assert.match(await late.text(), /<Code>PreconditionFailed<\/Code>/);
});

test("the last request of a JSON session may add metadata", async (t) => {
  const storage = await startTestStorage(t);
  const session = await startSession(storage, { resource: { metadata: { source: "edge" } } });
  const headers = { "x-goog-meta-source": "forged" };
  await putChunk(session, "bytes 0-9/10", { body: bytesOf(10), headers });
  assert.deepEqual((await getResource(storage, "object"))["metadata"], { source: "forged" });
});

test("bytes that arrive before a cut connection are kept", async (t) => {
  const storage = await startTestStorage(t);
  const session = await startSession(storage);
  const bytes = bytesOf(3 * CHUNK);
  const total = bytes.length;
  const range = `bytes 0-${total - 1}/${total}`;
  const part = bytes.subarray(0, 2 * CHUNK + 100);
  const socket = await sendPart(session, { range, length: total, part });
  await waitForHeld(session, 2 * CHUNK);
  socket.destroy();
  await waitForHeld(session, 2 * CHUNK);
  const rest = bytes.slice(2 * CHUNK);
  const done = await putChunk(session, `bytes ${2 * CHUNK}-${total - 1}/${total}`, { body: rest });
  assert.equal(done.status, 200);
  assert.equal(readRecord(await done.json())["md5Hash"], md5Of(bytes));
  assert.ok((await getMedia(storage, "object")).equals(bytes));
});

test("a new request takes over from one whose client has gone silent", async (t) => {
  const storage = await startTestStorage(t);
  const session = await startSession(storage);
  const bytes = bytesOf(2 * CHUNK);
  const total = bytes.length;
  const range = `bytes 0-${total - 1}/${total}`;
  const silent = await sendPart(session, { range, length: total, part: bytes.subarray(0, CHUNK) });
  const lost = new Promise((resolve) => silent.once("close", resolve));
  silent.on("error", () => {});
  await waitForHeld(session, CHUNK);
  const done = await putChunk(session, `bytes ${CHUNK}-${total - 1}/${total}`, {
    body: bytes.slice(CHUNK),
  });
  assert.equal(done.status, 200);
  await lost;
  assert.ok((await getMedia(storage, "object")).equals(bytes));
});

test("a body of another length than its range says is refused", async (t) => {
  const session = await startSession(await startTestStorage(t));
  const short = await putChunk(session, "bytes 0-99/100", { body: bytesOf(50) });
  assert.equal(short.status, 400);
  assert.equal(heldBy(await putChunk(session, "bytes */*")), null);
});

test("Origin on the start pins CORS for the whole session", async (t) => {
  const storage = await startTestStorage(t);
  const origin = "https://app.example";
  const allowed = async (session: string, method: string, from: string) => {
    const headers = { Origin: from, "Access-Control-Request-Method": "PUT" };
    const response = await fetch(session, { method, headers, redirect: "manual" });
    return response.headers.get("access-control-allow-origin");
  };
  const pinned = await startSession(storage, { headers: { Origin: origin } });
  assert.equal(await allowed(pinned, "OPTIONS", origin), origin);
  assert.equal(await allowed(pinned, "OPTIONS", "https://other.example"), null);
  assert.equal(await allowed(pinned, "PUT", origin), origin);
  const free = await startSession(storage);
  assert.equal(await allowed(free, "OPTIONS", origin), null);
  assert.equal(await allowed(free, "PUT", origin), null);
});

test("an answer of a pinned session exposes Range, on failures too", async (t) => {
  const origin = "https://app.example";
  const session = await startSession(await startTestStorage(t), { headers: { Origin: origin } });
  for (const range of ["bytes */*", "bytes 500-599/*", "nonsense"]) {
    const { headers } = await putChunk(session, range, { headers: { Origin: origin } });
    assert.match(headers.get("access-control-expose-headers") ?? "", /\bRange\b/, range);
  }
});
