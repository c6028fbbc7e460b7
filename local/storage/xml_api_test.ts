import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { connect } from "node:net";
import { test, type TestContext } from "node:test";
import { crc32cOf } from "@tintype/gcs/crc32c";
import { importHmacSigner, signUrl } from "@tintype/gcs/v4_signer";
import {
  bytesOf,
  getMedia,
  getResource,
  HMAC_KEY,
  putMedia,
  signedFetch,
  type SignedInit,
  type SignedRequest,
  startTestStorage,
} from "./_fixture.ts";
import type { StorageOptions } from "./storage.ts";

const BODY = "0123456789";
const MD5 = createHash("md5").update(BODY).digest();
const HASH = `crc32c=${crc32cOf(Buffer.from(BODY))},md5=${MD5.toString("base64")}`;
const object = "2026-01-01/acme/owner/an id";

/** A storage of a test, and what sends it signed requests for the object. */
async function open(t: TestContext, options: Partial<StorageOptions> = {}) {
  const storage = await startTestStorage(t, options);
  const send = (
    method: SignedRequest["method"],
    signed: Omit<SignedRequest, "method"> = {},
    init: SignedInit = {},
  ) => signedFetch(storage, { method, object, ...signed }, init);
  return { storage, send };
}

/** The status and the code of a failure. */
const failureOf = async (response: Response) => [response.status, await codeOf(response)];
const codeOf = async (response: Response) => /<Code>(.*?)<\/Code>/.exec(await response.text())?.[1];

test("a signed PUT stores the object and answers with its versions and hashes", async (t) => {
  const { storage, send } = await open(t);
  const put = await send("PUT", {
    headers: {
      "content-type": "image/png",
      "x-goog-meta-source": "edge",
      "x-goog-custom-time": "2026-01-01T00:00:00Z",
      "x-goog-hash": HASH,
      "x-goog-content-length-range": "10,10",
      "x-goog-if-generation-match": "0",
    },
  }, { body: BODY, headers: { "content-md5": MD5.toString("base64") } });
  assert.equal(put.status, 200, await put.text());
  const resource = await getResource(storage, object);
  assert.equal(put.headers.get("x-goog-generation"), resource["generation"]);
  assert.equal(put.headers.get("x-goog-metageneration"), "1");
  assert.equal(put.headers.get("etag"), `"${MD5.toString("hex")}"`);
  assert.equal(put.headers.get("x-goog-stored-content-length"), "10");
  assert.equal(put.headers.get("x-goog-hash"), HASH);
  assert.equal(resource["contentType"], "image/png");
  assert.equal(resource["customTime"], "2026-01-01T00:00:00.000Z");
  assert.deepEqual(resource["metadata"], { source: "edge" });
  const again = { "x-goog-if-generation-match": "0" };
  assert.equal((await send("PUT", { headers: again }, { body: BODY })).status, 412);
});

test("a signed PUT may be sent chunked", async (t) => {
  const { storage, send } = await open(t);
  const put = await send("PUT", {}, { body: new Blob([BODY]).stream(), duplex: "half" });
  assert.equal(put.status, 200);
  assert.equal(String(await getMedia(storage, object)), BODY);
});

test("a PUT is refused where its conditions do not hold, and stores nothing", async (t) => {
  const { storage, send } = await open(t);
  const stream = () => ({ body: new Blob([BODY]).stream(), duplex: "half" }) as const;
  const range = (text: string) => ({ "x-goog-content-length-range": text });
  const cases = [
    { headers: range("0,9"), status: 400, code: "EntityTooLarge" },
    { headers: range("11,20"), status: 400, code: "EntityTooSmall" },
    { headers: range("0,9"), init: stream(), status: 400, code: "EntityTooLarge" },
    { headers: range("11,20"), init: stream(), status: 400, code: "EntityTooSmall" },
    { headers: { "x-goog-hash": "crc32c=AAAAAA==" }, status: 400, code: "BadDigest" },
    { headers: { "content-md5": "AAAA" }, status: 400, code: "BadDigest" },
    { headers: { "x-goog-if-generation-match": "1" }, status: 412, code: "PreconditionFailed" },
    { headers: { "x-goog-content-sha256": "0".repeat(64) }, status: 400, code: "BadDigest" },
  ];
  for (const { headers, init = { body: BODY }, status, code } of cases) {
    assert.deepEqual(await failureOf(await send("PUT", { headers }, init)), [status, code]);
  }
  assert.equal(Object(await getResource(storage, object))["error"]["code"], 404);
});

test("a signed GET reads all, a range, a generation, or 304", async (t) => {
  const { storage, send } = await open(t);
  await putMedia(storage, object, BODY);
  const get = (headers: Record<string, string> = {}, query: Record<string, string> = {}) =>
    send("GET", { query }, { headers });
  const whole = await get();
  assert.equal(await whole.text(), BODY);
  assert.equal(whole.headers.get("content-length"), "10");
  const ranges = [
    { range: "bytes=2-4", text: "234", says: "bytes 2-4/10" },
    { range: "bytes=7-", text: "789", says: "bytes 7-9/10" },
    { range: "bytes=-2", text: "89", says: "bytes 8-9/10" },
    { range: "bytes=5-99", text: "56789", says: "bytes 5-9/10" },
  ];
  for (const { range, text, says } of ranges) {
    const part = await get({ range });
    assert.deepEqual([part.status, await part.text()], [206, text]);
    assert.equal(part.headers.get("content-range"), says);
  }
  assert.deepEqual(await failureOf(await get({ range: "bytes=10-" })), [416, "InvalidRange"]);
  const etag = whole.headers.get("etag") ?? "";
  assert.equal((await get({ "if-none-match": etag })).status, 304);
  assert.equal((await get({ "if-none-match": '"other"' })).status, 200);
  const generation = whole.headers.get("x-goog-generation") ?? "";
  assert.equal((await get({}, { generation })).status, 200);
  assert.equal((await get({}, { generation: "1" })).status, 404);
});

test("a signed HEAD answers with the object's headers and no body", async (t) => {
  const { send } = await open(t);
  const headers = { "x-goog-meta-source": "edge", "content-type": "image/gif" };
  await send("PUT", { headers }, { body: BODY });
  const head = await send("HEAD");
  assert.equal(head.status, 200);
  assert.equal(head.headers.get("content-length"), "10");
  assert.equal(head.headers.get("content-type"), "image/gif");
  assert.equal(head.headers.get("x-goog-meta-source"), "edge");
  assert.equal((await send("HEAD", { object: "none" })).status, 404);
});

test("a signed DELETE removes the object", async (t) => {
  const { storage, send } = await open(t);
  await putMedia(storage, object, BODY);
  const headers = { "x-goog-if-generation-match": "1" };
  assert.equal((await send("DELETE", { headers })).status, 412);
  assert.equal((await send("DELETE")).status, 204);
  assert.deepEqual(await failureOf(await send("DELETE")), [404, "NoSuchKey"]);
});

test("a signed list pages through names, and folders", async (t) => {
  const storage = await startTestStorage(t);
  for (const name of ["a/1", "a/2", "a/<&>", "b/1"]) await putMedia(storage, name);
  const list = async (more: Record<string, string>) => {
    const query = { "list-type": "2", ...more };
    const xml = await (await signedFetch(storage, { method: "GET", query })).text();
    const all = (tag: string) =>
      [...xml.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, "g"))].map(([, text]) => text);
    return { all, keys: all("Key"), token: all("NextContinuationToken")[0] };
  };
  const everything = await list({});
  assert.deepEqual(everything.keys, ["a/1", "a/2", "a/&lt;&amp;&gt;", "b/1"]);
  assert.deepEqual(everything.all("Size"), ["3", "3", "5", "3"]);
  assert.deepEqual(everything.all("IsTruncated"), ["false"]);
  assert.match(everything.all("ETag")[0] ?? "", /^&quot;[0-9a-f]{32}&quot;$/);
  const first = await list({ prefix: "a/", "max-keys": "2" });
  assert.deepEqual(first.keys, ["a/1", "a/2"]);
  const rest = await list({ prefix: "a/", "continuation-token": first.token ?? "" });
  assert.deepEqual([rest.keys.length, rest.token], [1, undefined]);
  assert.deepEqual((await list({ "start-after": "a/2" })).keys, ["a/&lt;&amp;&gt;", "b/1"]);
  const folders = await list({ delimiter: "/" });
  assert.deepEqual(folders.all("CommonPrefixes"), ["<Prefix>a/</Prefix>", "<Prefix>b/</Prefix>"]);
});

test("a request that is not signed, or not as it is, is refused", async (t) => {
  const { storage, send } = await open(t);
  await putMedia(storage, object, BODY);
  assert.deepEqual(await failureOf(await send("GET", { bucket: "nobody" })), [404, "NoSuchBucket"]);
  const bare = await fetch(`${storage.url}/tintype-raw/${encodeURIComponent(object)}`);
  assert.deepEqual(await failureOf(bare), [403, "AccessDenied"]);
  const expired = await send("GET", {}, { nowMs: Date.now() - 3_600_000 });
  assert.deepEqual(await failureOf(expired), [400, "ExpiredToken"]);
  const headers = { "x-goog-meta-source": "forged" };
  const unsigned = await send("PUT", {}, { body: BODY, headers });
  assert.deepEqual(await failureOf(unsigned), [403, "SignatureDoesNotMatch"]);
});

test("a signature of another key is refused with what was to be signed", async (t) => {
  const key = { type: "hmac", secret: "another", email: "e@example.com" } as const;
  const findKey = (id: string) => id === HMAC_KEY.accessId ? key : undefined;
  const { send } = await open(t, { findKey });
  const response = await send("GET");
  const xml = await response.text();
  assert.equal(response.status, 403);
  assert.match(xml, /<Code>SignatureDoesNotMatch<\/Code>.*<StringToSign>GOOG4-HMAC-SHA256\n/s);
});

test("a POST that starts no session is refused, and so is one with a body", async (t) => {
  const { send } = await open(t);
  assert.equal((await send("POST")).status, 501);
  const headers = { "x-goog-resumable": "start" };
  assert.equal((await send("POST", { headers }, { body: bytesOf(5) })).status, 400);
});

test("a PUT without a length is refused with 411", async (t) => {
  const { url } = await startTestStorage(t);
  const signed = await signUrl(await importHmacSigner(HMAC_KEY), {
    method: "PUT",
    endpoint: url,
    path: "/tintype-raw/x",
    expiresSeconds: 60,
  }, { nowMs: Date.now() });
  const { host, port, pathname, search } = new URL(signed.url);
  const socket = connect(Number(port), "127.0.0.1");
  socket.write(`PUT ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  const answer = Buffer.concat(await socket.toArray()).toString();
  assert.match(answer, /^HTTP\/1\.1 411 /);
});
