import assert from "node:assert/strict";
import { test } from "node:test";
import { anonymous, withHeaders, withSignature } from "./authorize.ts";
import { MAX_BATCH, removeObjects } from "./batch.ts";
import * as json from "./json_objects.ts";
import { putToSession } from "./resumable_session.ts";
import { isLostStatus } from "./session_state.ts";
import { RETRY } from "./retry.ts";
import { linkSignal } from "./signals.ts";
import { StorageError } from "./storage_error.ts";
import { findTestKey, signerOf, TEST_KEYS } from "./testdata/v4_vectors.ts";
import { fetchTransport, type StorageRequest, type Transport } from "./transport.ts";
import { verifySignedRequest } from "./v4_verifier.ts";
import * as xml from "./xml_objects.ts";

type Answer = readonly [status: number, body?: string | null, headers?: Record<string, string>];

const ENDPOINT = "https://storage.example";
const QUICK = { ...RETRY, attempts: 2, minDelayMs: 0, maxDelayMs: 0 };
const HELLO = new TextEncoder().encode("hello");
const NOON = "2026-03-14T12:00:00.000Z";
const WRITE = { contentType: "image/png", customTimeMs: Date.parse(NOON), metadata: { a: "1" } };

/** A bucket that answers one call after the other as it is said, and what it was asked. */
function bucketOf(...answers: readonly (Answer | Error)[]) {
  const asked: StorageRequest[] = [];
  const transport: Transport = (request) => {
    const answer = answers[asked.push(request) - 1] ?? assert.fail(request.url);
    if (answer instanceof Error) return Promise.reject(answer);
    const [status, body = null, headers = {}] = answer;
    return Promise.resolve(new Response(body, { status, headers }));
  };
  const bucket = { endpoint: ENDPOINT, bucket: "b", authorize: anonymous, transport };
  const lines = () =>
    asked.map(({ method, url }) => `${method} ${decodeURIComponent(url.slice(ENDPOINT.length))}`);
  return { bucket, asked, lines };
}

const textOf = ({ body }: StorageRequest) =>
  Array.isArray(body) ? body.map((part) => new TextDecoder().decode(part)).join("") : assert.fail();

test("createObject() of both APIs makes what is not there, with its headers, and says what there was", async () => {
  const made = { "x-goog-generation": "7" };
  const { bucket, asked, lines } = bucketOf([200, "", made], [200, ""], [412, ""], [403, "no"]);
  const options = { ...WRITE, cacheControl: "private", maxBytes: 9 };
  const create = () => xml.createObject(bucket, "n/ü", HELLO, options);
  assert.deepEqual([await create(), await create(), await create()], [
    ...[{ created: true, generation: "7" }, { created: true, generation: "0" }, { created: false }],
  ]);
  await assert.rejects(create(), { name: "StorageError", status: 403 });
  assert.equal(lines()[0], "PUT /b/n/ü");
  assert.deepEqual(asked[0]?.headers, {
    ...{ "content-type": "image/png", "cache-control": "private", "x-goog-custom-time": NOON },
    ...{ "x-goog-if-generation-match": "0", "x-goog-meta-a": "1" },
    "x-goog-content-length-range": "0,9",
  });
  const other = bucketOf([200, '{"generation":"8"}'], [412, ""], [200, '{"generation":"9"}']);
  const creating = json.createObject(other.bucket, "n", HELLO, WRITE);
  assert.deepEqual(await creating, { created: true, generation: "8" });
  const replace = () =>
    json.replaceObject(other.bucket, "n", HELLO, { ...WRITE, ifGeneration: "8" });
  assert.deepEqual([await replace(), await replace()], [null, "9"]);
  const upload = "POST /upload/storage/v1/b/b/o?uploadType=multipart&name=n&ifGenerationMatch=";
  assert.deepEqual(other.lines(), ["0", "8", "8"].map((at) => `${upload}${at}&fields=generation`));
});

test("statObject() and listObjects() of both APIs read what there is", async () => {
  const headers = {
    ...{ "x-goog-generation": "7", "x-goog-stored-content-length": "5", "content-type": "a/b" },
    ...{ "x-goog-custom-time": NOON, "last-modified": "Sat, 14 Mar 2026 12:00:00 GMT" },
    ...{ "x-goog-hash": "crc32c=AAAAAA==, md5=x", "x-goog-meta-a": "1" },
  };
  const timeMs = Date.parse(NOON);
  const held = {
    ...{ name: "n", generation: "7", size: 5, contentType: "a/b", customTimeMs: timeMs },
    ...{ createdMs: timeMs, crc32c: "AAAAAA==", metadata: { a: "1" } },
  };
  const page = "<ListBucketResult><Contents><Key>&#x61;&#98;</Key></Contents></ListBucketResult>";
  const first = bucketOf([200, null, headers], [404], [200, page], [200, page]);
  assert.deepEqual(await xml.statObject(first.bucket, "n"), held);
  assert.equal(await xml.statObject(first.bucket, "n"), null);
  const { objects: [{ name, size, generation } = assert.fail()] } = await xml.listObjects(
    ...[first.bucket, { prefix: "a/", startOffset: "a/b", maxResults: 2 }] as const,
  );
  assert.deepEqual([name, size, generation], ["ab", 0, "0"]);
  await xml.listObjects(first.bucket, { prefix: "", startOffset: "", pageToken: "t" });
  assert.deepEqual(first.lines().slice(2), [
    "GET /b?list-type=2&prefix=a/&max-keys=2&start-after=a/a~",
    "GET /b?list-type=2&prefix=&continuation-token=t&start-after=",
  ]);
  const { metadata, contentType, crc32c } = held;
  const resource = { name: "n", generation: "7", size: "5", contentType, crc32c, metadata };
  const text = JSON.stringify({ ...resource, customTime: NOON, timeCreated: NOON });
  const other = bucketOf([200, text], [404], [200, `{"items":[${text}]}`], [200, "{}"]);
  assert.deepEqual(await json.statObject(other.bucket, "n"), held);
  assert.equal(await json.statObject(other.bucket, "n"), null);
  const asked = { prefix: "a", namesOnly: true, beforeMs: 1 }; // with an option of its caller
  const list = () => json.listObjects(other.bucket, asked);
  const none = { prefixes: [], nextPageToken: undefined };
  assert.deepEqual([await list(), await list()], [
    ...[{ objects: [held], ...none }, { objects: [], ...none }],
  ]);
  const fields = "items(name,generation,size),prefixes,nextPageToken";
  assert.equal(other.lines()[2], `GET /storage/v1/b/b/o?prefix=a&fields=${fields}`);
});

test("readObject() reads all bytes, none of an empty object, and again where they are not as stored", async () => {
  const [wrong, right] = ["AAAAAA==", "mnG7TA=="].map((sum): Answer => [
    ...[200, "hello", { "x-goog-hash": `crc32c=${sum}` }] as const,
  ]) as [Answer, Answer]; // of two
  const { bucket, asked } = bucketOf(wrong, right, [416], [404], [403, ""]);
  const read = async () => {
    const bytes = await xml.readObject(bucket, "n");
    return bytes && new TextDecoder().decode(bytes);
  };
  assert.deepEqual([await read(), await read(), await read()], ["hello", "", null]);
  await assert.rejects(read(), { status: 403 });
  assert.deepEqual(asked.map(({ headers }) => headers["range"]), Array(5).fill("bytes=0-"));
});

const reply = (id: number, head: string) =>
  `--x\r\nContent-Type: application/http\r\nContent-ID: <response-${id}>\r\n\r\nHTTP/1.1 ${head}\r\n\r\n{}\r\n`;
const batch = (...replies: string[]): Answer => [
  ...[200, `${replies.join("")}--x--`, { "content-type": "multipart/mixed; boundary=x" }] as const,
];

test("removeObjects() says of each what became of it, and sends again what another try may remove", async () => {
  const heads = ["204 No Content", "404 Not Found", "412 Precondition Failed", "403 Forbidden"];
  const { bucket, asked } = bucketOf(
    batch(...heads.map((head, at) => reply(at, head)), reply(4, "503 Busy")),
    batch(reply(4, "200 OK"), reply(5, "503 Busy")),
    ...[[200, "no batch"], [200, "no batch"]] as const,
  );
  const targets = [0, 1, 2, 3, 4, 5].map((n) => ({ name: `n/${n}`, generation: String(n) }));
  const remove = async (some: typeof targets) =>
    (await removeObjects(bucket, some, { policy: QUICK }))
      .map((outcome) => outcome instanceof StorageError ? outcome.status : outcome);
  assert.deepEqual(await remove(targets), ["removed", "absent", "replaced", 403, "removed", 503]);
  assert.equal(textOf(asked[0] ?? assert.fail()).match(/DELETE /g)?.length, 6);
  const again = textOf(asked[1] ?? assert.fail());
  assert.deepEqual(
    again.match(/DELETE .*/g),
    [4, 5].map((n) => `DELETE /storage/v1/b/b/o/n%2F${n}?ifGenerationMatch=${n} HTTP/1.1`),
  );
  assert.deepEqual(await remove(targets.slice(0, 1)), [0], "no batch");
  assert.deepEqual([await remove([]), asked.length], [[], 4]);
  const many = Array.from({ length: MAX_BATCH + 1 }, () => ({ name: "n", generation: "1" }));
  await assert.rejects(removeObjects(bucket, many), RangeError);
});

const STEP = 256 * 1024;
const streamOf = (...bytes: number[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      let sent = 0;
      for (const count of bytes) {
        controller.enqueue(Uint8Array.from({ length: count }, () => sent++));
      }
      controller.close();
    },
  });
const STARTED: Answer = [200, "", { location: `${ENDPOINT}/session` }];
const holding = (bytes: number): Answer => [308, null, { range: `bytes=0-${bytes - 1}` }];

/** What a session answers to a stream of so many bytes, and the ranges that it must be sent. */
const STREAMS: readonly (readonly [number[], readonly (Answer | Error)[], readonly string[]])[] = [
  [[0], [[200, '{"generation":"7"}']], ["*/0"]],
  [[STEP], [[200, "", { "x-goog-generation": "7" }]], [`0-${STEP - 1}/${STEP}`]],
  [[STEP, 2], [holding(STEP), [201, '{"generation":7}']], [
    ...[`0-${STEP - 1}/*`, `${STEP}-${STEP + 1}/${STEP + 2}`],
  ]],
  // Held in part, then lost on the way: asked what is held, and gone on from there.
  [[9], [holding(4), new Error("reset"), holding(6), [200, '{"generation":"7"}']], [
    ...["0-8/9", "4-8/9", "*/9", "6-8/9"],
  ]],
  // A session that holds no more than before is asked again.
  [[9], [...[4, 4, 4].map(holding), [200, '{"generation":"7"}']], [
    ...["0-8/9", "4-8/9", "*/9", "4-8/9"],
  ]],
];

test("createObject() of a stream sends it in pieces, and goes on behind what is held", async () => {
  for (const [bytes, answers, ranges] of STREAMS) {
    const { bucket, asked } = bucketOf(STARTED, ...answers);
    const made = await json.createObject(bucket, "n", streamOf(...bytes), WRITE);
    assert.deepEqual(made, { created: true, generation: "7" });
    const sent = asked.slice(1).map(({ headers }) => headers["content-range"]);
    assert.deepEqual(sent, ranges.map((range) => `bytes ${range}`));
    for (const { body, headers } of asked.slice(1)) {
      const [start = NaN, last = NaN] = headers["content-range"]?.match(/\d+/g)?.map(Number) ?? [];
      const isPiece = headers["content-range"]?.includes("-");
      const length = isPiece ? last - start + 1 : 0;
      const expected = Uint8Array.from({ length }, (_, at) => start + at);
      assert.deepEqual(body, [expected]);
    }
  }
  const { bucket, lines } = bucketOf(STARTED, [412, ""], [204]);
  const taken = await json.createObject(bucket, "n", streamOf(1), WRITE);
  assert.deepEqual([taken, lines().slice(1)], [{ created: false }, [
    "PUT /session",
    "DELETE /session",
  ]]);
});

test("startSession() has a signed page's origin, and throws where no session is named", async () => {
  const { bucket, asked } = bucketOf(STARTED, STARTED, [200, ""]);
  const start = (origin?: string) =>
    xml.startSession(bucket, "n", { ...WRITE, maxBytes: 9, origin });
  assert.equal(await start("https://page.example"), `${ENDPOINT}/session`);
  await start();
  await assert.rejects(start(), { name: "StorageError", status: 200 });
  const origins = asked.map(({ headers }) => [headers["Origin"], headers["x-goog-resumable"]]);
  assert.deepEqual(origins.slice(0, 2), [["https://page.example", "start"], [undefined, "start"]]);
});

test("createObject() of a stream by the XML API is tried once, by a URL that is signed for five minutes", async () => {
  const nowMs = Date.parse(NOON);
  const authorize = withSignature(await signerOf({ key: "hmac" }), () => nowMs);
  const { bucket, asked } = bucketOf([503, ""]);
  const options = { ...WRITE, maxBytes: 9 };
  const creating = xml.createObject({ ...bucket, authorize }, "n", streamOf(5), options);
  await assert.rejects(creating, { status: 503 });
  const [{ method, url, headers } = assert.fail()] = asked;
  const received = { method, url, headers: Object.entries(headers) };
  const verify = (laterMs: number) =>
    verifySignedRequest(received, { findKey: findTestKey, nowMs: nowMs + laterMs });
  assert.equal((await verify(300_000)).email, TEST_KEYS.hmac.email);
  await assert.rejects(verify(300_001), { code: "ExpiredToken" });
});

test("a session's answer is what it holds, its object, or an error that may say it is lost", async () => {
  const xmlAnswer = { "x-goog-stored-content-length": "5", "x-goog-hash": "crc32c=mnG7TA==" };
  const { bucket } = bucketOf([308], [200, "", xmlAnswer], [404, ""], [410, ""], [499, ""], [
    500,
    "",
  ]);
  const put = () =>
    putToSession(bucket, "u", { start: 0, end: 5, total: 5, body: [HELLO], signal: undefined });
  assert.deepEqual(await put(), { held: 0 });
  const completed = { generation: undefined, size: "5", crc32c: "mnG7TA==" };
  assert.deepEqual(await put(), { completed });
  const lost = await Promise.all(
    [1, 2, 3, 4].map(() => put().catch(({ status }) => isLostStatus(status))),
  );
  assert.deepEqual(lost, [true, true, true, false]);
});

test("a call has credentials, and throws what went wrong: theirs, the connection's, the signal's", async () => {
  const reset = new TypeError("fetch failed", {
    cause: Object.assign(new Error("reset"), { code: "ECONNRESET" }),
  });
  const { bucket, asked } = bucketOf([200, ""], [404, ""], [412, ""], reset, [204]);
  const authorize = withHeaders(() => Promise.resolve([["authorization", "Bearer x"]]));
  const remove = (signal?: AbortSignal) =>
    json.removeObject({ ...bucket, authorize }, "n", { generation: "7", signal });
  assert.deepEqual([await remove(), await remove(), await remove()], [true, false, false]);
  assert.equal(asked[0]?.headers["authorization"], "Bearer x");
  assert.equal(await remove(), true, "again after a reset");
  const reason = new Error("over");
  await assert.rejects(remove(AbortSignal.abort(reason)), reason);
  const away = new Error("no token");
  const without = { ...bucket, authorize: withHeaders(() => Promise.reject(away)) };
  const [call, policy] = [[{ name: "n", generation: "1" }], { ...QUICK, attempts: 1 }] as const;
  const [refused] = await removeObjects(without, call, { policy });
  assert.ok(refused instanceof StorageError && refused.status === 0 && refused.cause === away);
  const [lost] = await removeObjects(bucketOf(reset).bucket, call, { policy });
  assert.ok(lost instanceof StorageError && lost.code === "ECONNRESET");
  const linked = linkSignal(AbortSignal.abort(), { timeoutMs: Infinity });
  assert.deepEqual([linked.signal.aborted, linked.isTimedOut()], [true, false]);
});

test("fetchTransport() follows no redirect, and keeps nothing that it reads", async () => {
  const { fetch } = globalThis;
  const seen: (RequestInit | undefined)[] = [];
  globalThis.fetch = (_, init) => Promise.resolve((seen.push(init), new Response()));
  try {
    const request = { url: "u", headers: {}, signal: AbortSignal.abort() };
    await fetchTransport({ ...request, method: "GET" });
    await fetchTransport({ ...request, method: "PUT", body: [HELLO, HELLO] });
    await fetchTransport({ ...request, method: "PUT", body: streamOf() });
  } finally {
    globalThis.fetch = fetch;
  }
  const [get, put, stream] = seen;
  assert.deepEqual(seen.map((init) => init?.redirect), ["manual", "manual", "manual"]);
  assert.deepEqual(seen.map((init) => init?.cache), ["no-store", undefined, undefined]);
  assert.deepEqual([get?.body, put?.body], [undefined, new Uint8Array([...HELLO, ...HELLO])]);
  assert.ok(stream?.body instanceof ReadableStream && "duplex" in stream);
});
