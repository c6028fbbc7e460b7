import assert from "node:assert/strict";
import { test } from "node:test";
import { type RawAnswer, sendRaw } from "./_raw_http_fixture.ts";
import { TestCloud } from "./_worker_testing.ts";

const ID = "019ae2c4-9a00-7c3e-8f51-2a6f0c9d1b34";
const JSON_TYPE = "Content-Type: application/json\r\n";
const CLOSE = "Connection: close\r\n";

let token = "";
const edge = new TestCloud(async (cloud) => {
  token = await cloud.local.token();
  return await cloud.startWorkerd();
});

/** Sends a request line, headers and a body as they are, with a valid token and the body's length. */
async function send(line: string, headers = "", body = ""): Promise<RawAnswer> {
  const isSized = body === "" || /^Transfer-Encoding:/m.test(headers);
  const length = isSized ? "" : `Content-Length: ${body.length}\r\n`;
  return await sendAsIs(
    line,
    `Authorization: Bearer ${token}\r\n${headers}${length}${CLOSE}`,
    body,
  );
}

/** Sends a request with these headers alone. */
async function sendAsIs(line: string, headers: string, body = ""): Promise<RawAnswer> {
  const text = `${line} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n${body}`;
  return await sendRaw(edge.worker.url, text);
}

const codeOf = ({ text }: RawAnswer) => /"code":"(\w+)"/.exec(text)?.[1];

const STRANGE_PATHS: readonly string[] = [
  ...["/v1/images/..%2f..%2fhealthz", "/v1//images", "//v1/images", `/v1/images//${ID}`],
  ...[`/v1/images/${ID}/`, "/V1/images", "/v1/Images", "/v1%2fimages", "/%76%31/images"],
  ...["/v1/%69mages", "/v1/images%00", "/v1/images/%00", `/v1/images/${ID}%00`],
  ...[`/v1/images/${ID}%20`, `/v1/images/${ID}%0d%0aX-A:%201`, `/v1/images/%${ID}`],
  ...["/v1/images/%zz", "/v1/images;x=1", `/v1/images/${ID};x`, "/v1/images/%ef%bc%8e%ef%bc%8e"],
  ...["/v1/images/{id}", "/v1/im%C3%A1ges", "/problems/__proto__", "/problems/constructor"],
  ...["/problems/..%2fhealthz", "/openapi.json/", "/healthz/", "/HEALTHZ", "/.env", "/.git/config"],
  "/edge/worker.ts",
  ...["/healthz/../v1/images", "/healthz/%2e%2e/v1/images", "/docs/.././v1/images"],
];

test("a path has one spelling: each other one is a 404, token or not", async () => {
  await Promise.all(STRANGE_PATHS.map(async (path) => {
    assert.equal((await send(`GET ${path}`)).status, 404, path);
    const { status } = await sendAsIs(`GET ${path}`, CLOSE);
    assert.ok(status === 404 || status === 401, `${path} without a token: ${status}`);
  }));
  for (const path of ["/v1/im\u00e9ges", "/v1/images/\u0000", "/v1/images/ x"]) {
    assert.ok([0, 400, 404].includes((await send(`GET ${path}`)).status), path);
  }
});

const CHUNKED = "Transfer-Encoding: chunked\r\n";
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
const UPLOAD = "POST /v1/uploads";
const IMAGE = "POST /v1/images";
const TOO_LONG = " ".repeat(16_385);
const OVERRIDES = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"]
  .map((name) => `${name}: DELETE\r\n`).join("");

/** Requests by the problem that each must have: line, headers and body. */
const BAD_REQUESTS: Readonly<Record<string, Readonly<Record<string, Parameters<typeof send>>>>> = {
  "405 method_not_allowed": {
    "TRACE": ["TRACE /healthz"],
    "PATCH": ["PATCH /v1/images"],
    "PUT on an image": [`PUT /v1/images/${ID}`],
    "a method in a header": [`POST /v1/images/${ID}`, `${OVERRIDES}Content-Length: 0\r\n`],
  },
  "400 invalid_request": {
    "a method in the query": [`GET /v1/images/${ID}?_method=DELETE`],
    "a parameter that is inherited": ["GET /v1/images?__proto__=1"],
    "a parameter on a call without any": [`DELETE /v1/images/${ID}?force=1`],
    "a parameter that is no UTF-8": ["GET /v1/images?%ff=1"],
    "a cursor of 9,000 characters": [`GET /v1/images?cursor=${"a".repeat(9_000)}`],
    "a limit as a fraction": ["GET /v1/images?limit=1.5"],
    "a wait of 0": [`GET /v1/images/${ID}?wait=0`],
    "an owner that is none": ["GET /v1/images?owner=ann"],
    "an id of version 4": ["GET /v1/images/9f86d081-884c-4d65-9a2f-eaa0c55ad015"],
    "JSON, chunked": [UPLOAD, JSON_TYPE + CHUNKED, chunk("{}")],
    "8,000 levels": [UPLOAD, JSON_TYPE, "[".repeat(8_000) + "]".repeat(8_000)],
    "an expectation of continuing": [UPLOAD, `${JSON_TYPE}Expect: 200-maybe\r\n`, "{}"],
    "a form without a boundary": [IMAGE, "Content-Type: multipart/form-data\r\n", "{}"],
  },
  "415 unsupported_type": {
    "no type": [UPLOAD, "", "{}"],
    "a type that begins alike": [UPLOAD, "Content-Type: application/jsonp\r\n", "{}"],
    "compressed JSON": [UPLOAD, `${JSON_TYPE}Content-Encoding: gzip\r\n`, "{}"],
    "an image of another type": [IMAGE, "Content-Type: image/svg+xml\r\n", "{}"],
    "a type of 8,000 characters": [IMAGE, `Content-Type: image/${"a".repeat(8_000)}\r\n`, "{}"],
    "a form of another kind": [IMAGE, "Content-Type: multipart/mixed; boundary=x\r\n", "{}"],
  },
  "413 too_large": {
    "JSON of 16 KiB and a byte, chunked": [UPLOAD, JSON_TYPE + CHUNKED, chunk(TOO_LONG)],
  },
};

test("each wrong field, header and method has its problem", async () => {
  for (const [expected, requests] of Object.entries(BAD_REQUESTS)) {
    await Promise.all(
      Object.entries(requests).map(async ([what, request]) => {
        const answer = await send(...request);
        assert.equal(`${answer.status} ${codeOf(answer)}`, expected, what);
        assert.equal(answer.headers.get("content-type"), "application/problem+json", what);
        assert.equal(answer.headers.get("cache-control"), "private, no-store", what);
        assert.ok(answer.text.length < 2_000, `${what}: the answer is short`);
      }),
    );
  }
});

const SMUGGLED = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
const BROKEN_REQUESTS: Readonly<Record<string, readonly [headers: string, body: string]>> = {
  "length and chunks": [
    `${JSON_TYPE}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n`,
    `0\r\n\r\n${SMUGGLED}`,
  ],
  "two lengths": [`${JSON_TYPE}Content-Length: 2\r\nContent-Length: 50\r\n`, `{}${SMUGGLED}`],
  "a negative length": [`${JSON_TYPE}Content-Length: -2\r\n`, `{}${SMUGGLED}`],
  "a length with a sign": [`${JSON_TYPE}Content-Length: +2\r\n`, `{}${SMUGGLED}`],
  "a length in hex": [`${JSON_TYPE}Content-Length: 0x2\r\n`, `{}${SMUGGLED}`],
  "an unknown transfer coding": [
    `${JSON_TYPE}Transfer-Encoding: xchunked\r\n`,
    `2\r\n{}\r\n0\r\n\r\n`,
  ],
  "a folded header": [`${JSON_TYPE}X-A: b\r\n c\r\nContent-Length: 2\r\n`, `{}`],
  "a space before the colon": [`${JSON_TYPE}Content-Length : 2\r\n`, `{}`],
  "a NUL in a header": [`${JSON_TYPE}X-A: a\u0000b\r\nContent-Length: 2\r\n`, `{}`],
};

test("requests whose end can be read in two ways get one refusal and no second answer", async () => {
  await Promise.all(
    Object.entries(BROKEN_REQUESTS).map(async ([what, [headers, body]]) => {
      const given = `Authorization: Bearer ${token}\r\n${headers}`;
      const answer = await sendAsIs(UPLOAD, given, body);
      assert.ok(answer.status === 0 || answer.status === 400, `${what}: ${answer.status}`);
      assert.ok(!answer.text.includes('{"status":"ok"}'), `${what}: smuggled`);
    }),
  );
});

test("Expect: 100-continue is answered, and then the request", async () => {
  const answer = await send(UPLOAD, `${JSON_TYPE}Expect: 100-continue\r\n`, "{}");
  assert.deepEqual([answer.status, answer.answers], [100, 2]);
  assert.match(answer.text, /^HTTP\/1\.1 400/);
});

test("a response says what it needs to and nothing of what runs", async () => {
  const answer = await send("GET /healthz");
  assert.equal(answer.text, '{"status":"ok"}');
  for (const name of ["server", "x-powered-by", "via"]) {
    assert.equal(answer.headers.get(name), undefined, name);
  }
});
