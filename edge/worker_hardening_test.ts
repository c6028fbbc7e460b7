import assert from "node:assert/strict";
import { test } from "node:test";
import { lacksLocalCloud } from "./_local_cloud.ts";
import { type RawAnswer, sendRaw } from "./_raw_http_fixture.ts";
import { TestCloud } from "./_worker_testing.ts";

const skip = lacksLocalCloud;
const ID = "019ae2c4-9a00-7c3e-8f51-2a6f0c9d1b34";
const JSON_TYPE = "Content-Type: application/json\r\n";
const PNG_TYPE = "Content-Type: image/png\r\n";

let token = "";
const edge = new TestCloud(async (cloud) => {
  token = await cloud.local.token();
  return await cloud.startWorkerd();
});

/** Sends a request line, headers and a body as they are, with a valid token. */
async function send(line: string, headers = "", body = ""): Promise<RawAnswer> {
  return await sendRaw(
    edge.worker.url,
    `${line} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n${headers}Connection: close\r\n\r\n${body}`,
  );
}

const codeOf = ({ text }: RawAnswer) => /"code":"(\w+)"/.exec(text)?.[1];

const STRANGE_PATHS: readonly string[] = [
  "/v1/images/..%2f..%2fhealthz",
  "/v1//images",
  "//v1/images",
  `/v1/images//${ID}`,
  `/v1/images/${ID}/`,
  "/V1/images",
  "/v1/Images",
  "/v1%2fimages",
  "/%76%31/images",
  "/v1/%69mages",
  "/v1/images%00",
  "/v1/images/%00",
  `/v1/images/${ID}%00`,
  `/v1/images/${ID}%20`,
  `/v1/images/${ID}%0d%0aX-A:%201`,
  `/v1/images/%${ID}`,
  "/v1/images/%zz",
  "/v1/images;x=1",
  `/v1/images/${ID};x`,
  "/v1/images/%ef%bc%8e%ef%bc%8e",
  "/v1/images/{id}",
  "/v1/im%C3%A1ges",
  "/problems/__proto__",
  "/problems/constructor",
  "/problems/..%2fhealthz",
  "/openapi.json/",
  "/healthz/",
  "/HEALTHZ",
  "/.env",
  "/.git/config",
  "/edge/worker.ts",
];

test("a path has one spelling: each other one is a 404, token or not", { skip }, async () => {
  await Promise.all(STRANGE_PATHS.map(async (path) => {
    assert.equal((await send(`GET ${path}`)).status, 404, path);
    const text = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
    const { status } = await sendRaw(edge.worker.url, text);
    assert.ok(status === 404 || status === 401, `${path} without a token: ${status}`);
  }));
  for (const path of ["/v1/im\u00e9ges", "/v1/images/\u0000", "/v1/images/ x"]) {
    assert.ok([0, 400, 404].includes((await send(`GET ${path}`)).status), path);
  }
});

const BAD_REQUESTS: Readonly<
  Record<string, readonly [answer: string, line: string, headers?: string, body?: string]>
> = {
  "TRACE": ["405 method_not_allowed", "TRACE /healthz"],
  "PATCH": ["405 method_not_allowed", "PATCH /v1/images"],
  "PUT on an image": ["405 method_not_allowed", `PUT /v1/images/${ID}`],
  "a method in a header": [
    "405 method_not_allowed",
    `POST /v1/images/${ID}`,
    "X-HTTP-Method-Override: DELETE\r\nX-HTTP-Method: DELETE\r\nX-Method-Override: DELETE\r\nContent-Length: 0\r\n",
  ],
  "a method in the query": ["400 invalid_request", `GET /v1/images/${ID}?_method=DELETE`],
  "a parameter twice": ["400 invalid_request", "GET /v1/images?limit=1&limit=2"],
  "a parameter that is inherited": ["400 invalid_request", "GET /v1/images?__proto__=1"],
  "a parameter on a call without any": ["400 invalid_request", `DELETE /v1/images/${ID}?force=1`],
  "a parameter that is no UTF-8": ["400 invalid_request", "GET /v1/images?%ff=1"],
  "a cursor of 9,000 characters": [
    "400 invalid_request",
    `GET /v1/images?cursor=${"a".repeat(9_000)}`,
  ],
  "a limit of 0": ["400 invalid_request", "GET /v1/images?limit=0"],
  "a limit of 51": ["400 invalid_request", "GET /v1/images?limit=51"],
  "a limit as a fraction": ["400 invalid_request", "GET /v1/images?limit=1.5"],
  "a wait of 0": ["400 invalid_request", `GET /v1/images/${ID}?wait=0`],
  "an owner that is none": ["400 invalid_request", "GET /v1/images?owner=ann"],
  "an id of version 4": [
    "400 invalid_request",
    "GET /v1/images/9f86d081-884c-4d65-9a2f-eaa0c55ad015",
  ],
  "no type": ["415 unsupported_type", "POST /v1/uploads", "Content-Length: 2\r\n", "{}"],
  "a type that begins alike": [
    "415 unsupported_type",
    "POST /v1/uploads",
    "Content-Type: application/jsonp\r\nContent-Length: 2\r\n",
    "{}",
  ],
  "compressed JSON": [
    "415 unsupported_type",
    "POST /v1/uploads",
    `${JSON_TYPE}Content-Encoding: gzip\r\nContent-Length: 2\r\n`,
    "{}",
  ],
  "JSON of 16 KiB and a byte": [
    "413 too_large",
    "POST /v1/uploads",
    `${JSON_TYPE}Content-Length: 16385\r\n`,
    " ".repeat(16_385),
  ],
  "JSON of 16 KiB and a byte, chunked": [
    "413 too_large",
    "POST /v1/uploads",
    `${JSON_TYPE}Transfer-Encoding: chunked\r\n`,
    `4001\r\n${" ".repeat(16_385)}\r\n0\r\n\r\n`,
  ],
  "JSON, chunked": [
    "400 invalid_request",
    "POST /v1/uploads",
    `${JSON_TYPE}Transfer-Encoding: chunked\r\n`,
    "2\r\n{}\r\n0\r\n\r\n",
  ],
  "8,000 levels": [
    "400 invalid_request",
    "POST /v1/uploads",
    `${JSON_TYPE}Content-Length: 16000\r\n`,
    "[".repeat(8_000) + "]".repeat(8_000),
  ],
  "an expectation of continuing": [
    "400 invalid_request",
    "POST /v1/uploads",
    `${JSON_TYPE}Expect: 200-maybe\r\nContent-Length: 2\r\n`,
    "{}",
  ],
  "an image chunked": [
    "411 length_required",
    "POST /v1/images",
    `${PNG_TYPE}Transfer-Encoding: chunked\r\n`,
    "2\r\n{}\r\n0\r\n\r\n",
  ],
  "a compressed image": [
    "415 unsupported_type",
    "POST /v1/images",
    `${PNG_TYPE}Content-Encoding: gzip\r\nContent-Length: 2\r\n`,
    "{}",
  ],
  "an image of another type": [
    "415 unsupported_type",
    "POST /v1/images",
    "Content-Type: image/svg+xml\r\nContent-Length: 2\r\n",
    "{}",
  ],
  "a type of 8,000 characters": [
    "415 unsupported_type",
    "POST /v1/images",
    `Content-Type: image/${"a".repeat(8_000)}\r\nContent-Length: 2\r\n`,
    "{}",
  ],
  "a form without a boundary": [
    "400 invalid_request",
    "POST /v1/images",
    "Content-Type: multipart/form-data\r\nContent-Length: 2\r\n",
    "{}",
  ],
  "a form of another kind": [
    "415 unsupported_type",
    "POST /v1/images",
    "Content-Type: multipart/mixed; boundary=x\r\nContent-Length: 2\r\n",
    "{}",
  ],
};

test("each wrong field, header and method has its problem", { skip }, async () => {
  const entries = Object.entries(BAD_REQUESTS);
  await Promise.all(entries.map(async ([what, [expected, line, headers, body]]) => {
    const answer = await send(line, headers, body);
    assert.equal(`${answer.status} ${codeOf(answer)}`, expected, what);
    assert.equal(answer.headers.get("content-type"), "application/problem+json", what);
    assert.equal(answer.headers.get("cache-control"), "private, no-store", what);
    assert.ok(answer.text.length < 2_000, `${what}: the answer is short`);
  }));
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

test(
  "requests whose end can be read in two ways get one refusal and no second answer",
  { skip },
  async () => {
    await Promise.all(
      Object.entries(BROKEN_REQUESTS).map(async ([what, [headers, body]]) => {
        const answer = await sendRaw(
          edge.worker.url,
          `POST /v1/uploads HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n${headers}\r\n${body}`,
        );
        assert.ok(answer.status === 0 || answer.status === 400, `${what}: ${answer.status}`);
        assert.ok(!answer.text.includes('{"status":"ok"}'), `${what}: smuggled`);
      }),
    );
  },
);

test("Expect: 100-continue is answered, and then the request", { skip }, async () => {
  const answer = await send(
    "POST /v1/uploads",
    `${JSON_TYPE}Expect: 100-continue\r\nContent-Length: 2\r\n`,
    "{}",
  );
  assert.deepEqual([answer.status, answer.answers], [100, 2]);
  assert.match(answer.text, /^HTTP\/1\.1 400/);
});

test("request ids and traces are taken in their form only", { skip }, async () => {
  const bad = await send("GET /healthz", "X-Request-Id: ../../etc/passwd\r\ntraceparent: 00-x\r\n");
  assert.match(bad.headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
  assert.match(bad.headers.get("traceparent") ?? "", /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  const long = await send("GET /healthz", `X-Request-Id: ${"a".repeat(65)}\r\n`);
  assert.match(long.headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
});

test("an answer tells what it needs to and nothing of what runs", { skip }, async () => {
  const answer = await send("GET /healthz");
  assert.equal(answer.text, '{"status":"ok"}');
  for (const name of ["server", "x-powered-by", "via"]) {
    assert.equal(answer.headers.get(name), undefined, name);
  }
});
