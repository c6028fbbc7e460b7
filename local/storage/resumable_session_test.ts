import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { crc32cOf } from "@tintype/gcs/crc32c";
import {
  bytesOf,
  CHUNK,
  getMedia,
  getResource,
  openSession,
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
const FIRST_CHUNK = `0-${CHUNK - 1}/*`;
const md5Of = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("base64");
/** The status and what is held: `0-262143`, null where nothing is. */
const stateOf = (response: Response) => [
  response.status,
  response.headers.get("range")?.replace("bytes=", "") ?? null,
];
const HELD = `0-${CHUNK - 1}`;

/** Requests of one session: their range, how many bytes they bring, and what comes back: the status, and what is held. */
type Step = readonly [range: string, bytes: number, status: number, held?: string];
const LONG = CHUNK + 1_000;
const SESSIONS: Readonly<Record<string, readonly Step[]>> = {
  "responds with 308 and what is held, without Range where nothing is": [
    ["*/*", 0, 308],
    [FIRST_CHUNK, CHUNK, 308, HELD],
    ["*/*", 0, 308, HELD],
  ],
  "holds a part of a chunk that is no multiple of 256 KiB": [
    ["0-999/5000", 1_000, 308],
    [`0-${LONG - 1}/*`, LONG, 308, HELD],
  ],
  "is complete by a query only where its total is what is held": [
    [FIRST_CHUNK, CHUNK, 308, HELD],
    [`*/${CHUNK - 1}`, 0, 308, HELD],
    [`*/${CHUNK + 1}`, 0, 308, HELD],
    [`*/${CHUNK}`, 0, 200],
  ],
  "refuses a body of another length than its range says": [["0-99/100", 50, 400], ["*/*", 0, 308]],
  "is refused a range of another form": [["nonsense", 0, 400], ["*/*", 0, 308]],
};

for (const [does, steps] of Object.entries(SESSIONS)) {
  test(`a session ${does}`, async (t) => {
    const { put } = await openSession(t);
    for (const [range, bytes, status, held = null] of steps) {
      assert.deepEqual(stateOf(await put(range, bytesOf(bytes))), [status, held], range);
    }
  });
}

test("bytes sent again below the held offset are ignored", async (t) => {
  const { storage, put } = await openSession(t);
  const bytes = bytesOf(CHUNK + 500);
  await put(FIRST_CHUNK, bytes.slice(0, CHUNK));
  const again = new Uint8Array(bytes).fill(0, 0, CHUNK);
  const total = bytes.length;
  assert.equal((await put(`0-${total - 1}/${total}`, again)).status, 200);
  assert.ok((await getMedia(storage)).equals(bytes));
  assert.equal((await getResource(storage))["md5Hash"], md5Of(bytes));
});

test("a chunk beyond the held offset is answered 503 with both numbers", async (t) => {
  const { put } = await openSession(t);
  await put(FIRST_CHUNK, bytesOf(CHUNK));
  const beyond = await put(`${CHUNK + 1}-${CHUNK + 2}/*`, bytesOf(2));
  assert.equal(beyond.status, 503);
  assert.match(beyond.headers.get("content-type") ?? "", /^text\/plain/);
  const [offset, held] = [CHUNK + 1, CHUNK];
  assert.equal(
    await beyond.text(),
    `Invalid request. According to the Content-Range header, the upload offset is ${offset} byte(s), which exceeds already uploaded size of ${held} byte(s).`,
  );
});

for (const headers of [{}, { "Content-Range": "bytes 0-*/*" }]) {
  test(`bytes with ${JSON.stringify(headers)} are the whole object`, async (t) => {
    const { storage, session } = await openSession(t);
    const bytes = bytesOf(1_000);
    const done = await fetch(session, { method: "PUT", body: bytes, headers });
    assert.equal(done.status, 200);
    assert.ok((await getMedia(storage)).equals(bytes));
  });
}

test("any request on a completed session is answered 200 with the object", async (t) => {
  const { session, put } = await openSession(t);
  const bytes = bytesOf(10);
  const resource = readRecord(await (await put("0-9/10", bytes)).json());
  assert.equal(resource["crc32c"], crc32cOf(bytes));
  assert.equal(resource["kind"], "storage#object");
  for (const key of ["size", "generation", "metageneration"]) {
    assert.equal(typeof resource[key], "string", key);
  }
  for (const range of ["*/*", "*/99", "0-9/10", "5-9/10"]) {
    const again = await put(range, bytesOf(range.startsWith("0") ? 10 : 5));
    assert.equal(again.status, 200, range);
    assert.deepEqual(await again.json(), resource);
  }
  assert.equal((await fetch(session, { method: "DELETE" })).status, 200);
});

test("DELETE cancels with 499, after it the session is gone, and its bytes", async (t) => {
  const { session, put } = await openSession(t);
  await put(FIRST_CHUNK, bytesOf(CHUNK));
  assert.equal((await fetch(session, { method: "DELETE" })).status, 499);
  assert.equal((await put("*/*")).status, 410);
  assert.equal((await put("0-9/10", bytesOf(10))).status, 410);
});

test("a session that never was is answered 404", async (t) => {
  const { url } = await startTestStorage(t);
  const json = `${url}/upload/storage/v1/b/tintype-raw/o?uploadType=resumable&upload_id=none`;
  assert.equal((await putChunk(json, "*/*")).status, 404);
  const xml = await putChunk(`${url}/tintype-raw/object?upload_id=none`, "*/*");
  assert.equal(xml.status, 404);
  assert.match(await xml.text(), /<Code>NoSuchUpload<\/Code>/);
});

test("a session lives one week, is 410 in the next one and 404 later", async (t) => {
  const week = 604_800_000;
  let nowMs = Date.now();
  const clock = { now: () => nowMs };
  const { storage, session, put } = await openSession(t, {}, { clock });
  await put(FIRST_CHUNK, bytesOf(CHUNK));
  nowMs += week - 1;
  assert.equal((await put("*/*")).status, 308);
  nowMs += 1;
  assert.equal((await put("*/*")).status, 410);
  nowMs += week;
  await storage.close();
  const later = await startTestStorage(t, { dataDir: storage.dataDir, clock });
  assert.equal((await putChunk(session.replace(storage.url, later.url), "*/*")).status, 404);
});

test("ifGenerationMatch is applied at completion, and again when that is asked again", async (t) => {
  const { storage, put } = await openSession(t, { query: { ifGenerationMatch: "0" } });
  await putMedia(storage, "object", "first");
  for (let round = 0; round < 2; round++) {
    const late = await put("0-9/10", bytesOf(10));
    assert.equal(late.status, 412);
    const { error } = readRecord(await late.json());
    assert.equal(Object(error)["errors"][0]["reason"], "conditionNotMet");
  }
  assert.equal(String(await getMedia(storage)), "first");
});

test("checksums in the start's metadata and in x-goog-hash on the last request are enforced", async (t) => {
  const { storage, put } = await openSession(t);
  const bytes = bytesOf(10);
  const [crc32c, md5Hash, other] = [crc32cOf(bytes), md5Of(bytes), md5Of(bytesOf(1))];
  const resources = [[{ crc32c: WRONG_CRC32C }, 400], [{ md5Hash: other }, 400], [{
    crc32c,
    md5Hash,
  }, 200]] as const;
  for (const [resource, status] of resources) {
    const session = await startSession(storage, { name: "declared", resource });
    assert.equal((await putChunk(session, "0-9/10", bytes)).status, status);
  }
  const hashes = [[`crc32c=${WRONG_CRC32C}`, 400], [`crc32c=${crc32c},md5=${other}`, 400], [
    `crc32c=${crc32c},md5=${md5Hash}`,
    200,
  ]] as const;
  for (const [hash, status] of hashes) {
    assert.notEqual((await getResource(storage))["error"], undefined);
    assert.equal((await put("0-9/10", bytes, { "x-goog-hash": hash })).status, status);
  }
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
  const complete = async () => {
    const started = await signedFetch(storage, { method: "POST", object: "a/b ü", headers });
    assert.equal(started.status, 201);
    assert.equal(await started.text(), "");
    return await putChunk(started.headers.get("location") ?? "", "0-9/10", bytesOf(10));
  };
  const done = await complete();
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
  const late = await complete();
  assert.equal(late.status, 412);
  assert.match(await late.text(), /<Code>PreconditionFailed<\/Code>/);
});

test("the last request of a JSON session may add metadata", async (t) => {
  const { storage, put } = await openSession(t, { resource: { metadata: { source: "edge" } } });
  await put("0-9/10", bytesOf(10), { "x-goog-meta-source": "forged" });
  assert.deepEqual((await getResource(storage))["metadata"], { source: "forged" });
});

test("bytes that arrive before a cut connection are kept", async (t) => {
  const { storage, session, put } = await openSession(t);
  const bytes = bytesOf(3 * CHUNK);
  const length = bytes.length;
  const part = bytes.subarray(0, 2 * CHUNK + 100);
  const socket = await sendPart(session, { range: `0-${length - 1}/${length}`, length, part });
  await waitForHeld(session, 2 * CHUNK);
  socket.destroy();
  await waitForHeld(session, 2 * CHUNK);
  const done = await put(`${2 * CHUNK}-${length - 1}/${length}`, bytes.slice(2 * CHUNK));
  assert.equal(done.status, 200);
  assert.equal(readRecord(await done.json())["md5Hash"], md5Of(bytes));
  assert.ok((await getMedia(storage)).equals(bytes));
});

test("a new request takes over from one whose client has gone silent", async (t) => {
  const { storage, session, put } = await openSession(t);
  const bytes = bytesOf(2 * CHUNK);
  const length = bytes.length;
  const part = bytes.subarray(0, CHUNK);
  const silent = await sendPart(session, { range: `0-${length - 1}/${length}`, length, part });
  const lost = new Promise((resolve) => silent.once("close", resolve));
  silent.on("error", () => {});
  await waitForHeld(session, CHUNK);
  const done = await put(`${CHUNK}-${length - 1}/${length}`, bytes.slice(CHUNK));
  assert.equal(done.status, 200);
  await lost;
  assert.ok((await getMedia(storage)).equals(bytes));
});

test("Origin on the start pins CORS for the whole session", async (t) => {
  const origin = "https://app.example";
  const allowed = async (session: string, method: string, from: string) => {
    const headers = { Origin: from, "Access-Control-Request-Method": "PUT" };
    const response = await fetch(session, { method, headers, redirect: "manual" });
    return response.headers.get("access-control-allow-origin");
  };
  const { storage, session: pinned } = await openSession(t, { headers: { Origin: origin } });
  assert.equal(await allowed(pinned, "OPTIONS", origin), origin);
  assert.equal(await allowed(pinned, "OPTIONS", "https://other.example"), null);
  assert.equal(await allowed(pinned, "PUT", origin), origin);
  const free = await startSession(storage);
  assert.equal(await allowed(free, "OPTIONS", origin), null);
  assert.equal(await allowed(free, "PUT", origin), null);
});

test("an answer of a pinned session exposes Range, on failures too", async (t) => {
  const origin = { Origin: "https://app.example" };
  const { put } = await openSession(t, { headers: origin });
  for (const range of ["*/*", "500-599/*", "nonsense"]) {
    const { headers } = await put(range, undefined, origin);
    assert.match(headers.get("access-control-expose-headers") ?? "", /\bRange\b/, range);
  }
});
