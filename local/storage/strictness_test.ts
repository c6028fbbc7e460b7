import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import {
  bytesOf,
  CHUNK,
  getResource,
  openSession,
  putMedia,
  signedFetch,
  startSession,
  startTestStorage,
} from "./_fixture.ts";

const RAW = "/storage/v1/b/tintype-raw";
const UPLOAD = "/upload/storage/v1/b/tintype-raw/o?name=n";

/** Requests of things that only the real service does, and how they are named. */
const NOT_EMULATED: readonly (readonly [line: string, named: string, init?: RequestInit])[] = [
  [`GET ${RAW}/o?matchGlob=a*`, "matchGlob=a*"],
  [`GET ${RAW}/o?softDeleted=true`, "softDeleted=true"],
  [`GET ${RAW}/o?userProject=p`, "the query parameter userProject"],
  [`GET ${RAW}/o/n/acl`, `GET ${RAW}/o/n/acl`],
  [`GET ${RAW}/iam`, `GET ${RAW}/iam`],
  [`GET ${RAW}/o/n`, "the header if-match", { headers: { "If-Match": "x" } }],
  [`PATCH ${RAW}`, `PATCH ${RAW}`, { body: '{"versioning":{"enabled":true}}' }],
  [`POST /storage/v1/b`, "softDeletePolicy", { body: '{"name":"new","softDeletePolicy":{}}' }],
  [`POST /storage/v1/b`, "storageClass", { body: '{"name":"new","storageClass":"NEARLINE"}' }],
  [`PATCH ${RAW}/o/n`, "temporaryHold", { body: '{"temporaryHold":true}' }],
  [`POST ${RAW}/o/n/rewriteTo/b/b/o/m`, `POST ${RAW}/o/n/rewriteTo/b/b/o/m`],
  [`POST ${UPLOAD}&uploadType=media&kmsKeyName=k`, "the query parameter kmsKeyName"],
  [`POST ${UPLOAD}&uploadType=resumable`, "acl", { body: '{"acl":[]}' }],
  [`POST ${UPLOAD}&uploadType=other`, "uploadType=other"],
  [`POST ${UPLOAD}&uploadType=media`, "the header x-goog-encryption-key", {
    headers: { "x-goog-encryption-key": "x" },
  }],
  ["GET /tintype-raw?uploads", "the query parameter uploads", {
    headers: { authorization: "Bearer x" },
  }],
  ["PUT /tintype-raw/n", "the header x-goog-acl", {
    headers: { authorization: "Bearer x", "x-goog-acl": "public-read" },
  }],
];

test("what the storage does not do is 501, by its name", async (t) => {
  const { url } = await startTestStorage(t);
  for (const [line, named, init] of NOT_EMULATED) {
    const [method = "", path] = line.split(" ");
    const response = await fetch(url + path, { ...init, method });
    const text = await response.text();
    assert.deepEqual([response.status, text.includes(`does not have ${named}`)], [501, true], text);
  }
});

test("X-Upload-Content-Length and contentEncoding hold for the whole session", async (t) => {
  const headers = { "X-Upload-Content-Length": "11" };
  const { storage, put } = await openSession(t, { headers, query: { contentEncoding: "gzip" } });
  assert.equal((await put("0-9/10", bytesOf(10))).status, 400);
  assert.equal((await put("10-10/11", bytesOf(1))).status, 200);
  assert.equal((await getResource(storage))["contentEncoding"], "gzip");
});

test("a session responds with the fields that its start asked for, and without 308 on demand", async (t) => {
  const { put } = await openSession(t, { query: { fields: "name,size" } });
  const held = await put(`0-${CHUNK - 1}/*`, bytesOf(CHUNK), { "X-GUploader-No-308": "yes" });
  assert.deepEqual([held.status, held.headers.get("x-http-status-code-override")], [200, "308"]);
  const done = await put(`*/${CHUNK}`);
  assert.deepEqual(await done.json(), { name: "object", size: String(CHUNK) });
});

test("gzip is unpacked for who does not accept it, unless the object says no-transform", async (t) => {
  const storage = await startTestStorage(t);
  const packed = gzipSync("plain");
  await putMedia(storage, "object", packed, { contentEncoding: "gzip" });
  const read = async (encoding: string, range = "bytes=0-1") => {
    const headers = { "accept-encoding": encoding, range };
    const response = await signedFetch(storage, { method: "GET", object: "object" }, { headers });
    return [
      response.status,
      response.headers.get("warning"),
      response.headers.get("content-encoding"),
    ];
  };
  assert.deepEqual(await read("identity"), [200, "214 UploadServer gunzipped", null]);
  assert.deepEqual(await read("gzip"), [206, null, "gzip"]);
  const body = JSON.stringify({ cacheControl: "no-transform" });
  await fetch(`${storage.url}${RAW}/o/object`, { method: "PATCH", body });
  assert.deepEqual(await read("identity"), [206, null, "gzip"]);
});

test("gsutil's resumable address starts a session too", async (t) => {
  const storage = await startTestStorage(t);
  const session = await startSession({ url: `${storage.url}/resumable` }, {});
  assert.match(session, /^http:\/\/localhost:\d+\/resumable\/upload\//);
  assert.equal((await fetch(session, { method: "PUT", body: "x" })).status, 200);
});
