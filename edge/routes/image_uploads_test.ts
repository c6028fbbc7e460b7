import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { readAs, readProblem } from "../_assertions.ts";
import {
  call,
  type CallOptions,
  idAt,
  makeTestEdge,
  ownerOf,
  PNG,
  putImage,
  type TestEdge,
} from "../_testing.ts";
import { imageSummary } from "../schemas.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const pngHeaders = { "Content-Type": "image/png", "Content-Length": String(PNG.length) };

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function pngForm(): FormData {
  const form = new FormData();
  form.set("file", new Blob([PNG], { type: "image/png" }), "my holiday.png");
  return form;
}

async function uploadPng(edge: TestEdge, query = ""): Promise<Response> {
  return await call(edge, `POST /v1/images${query}`, { headers: pngHeaders, body: PNG });
}

test("POST /v1/images stores the body under the caller's name", async () => {
  const edge = await makeTestEdge();
  const headers = { ...pngHeaders, "Content-Type": "image/jpeg" };
  const query = `?sha256=${sha256(PNG)}&ref=order-4711`;
  const answer = await call(edge, `POST /v1/images${query}`, { headers, body: PNG });
  const { imageId, ...rest } = await readAs(imageSummary, answer, 202);
  assert.deepEqual(rest, {
    status: "processing",
    image: `/v1/images/${imageId}`,
    purgeAt: new Date(edge.clock.ms + 7 * DAY_MS).toISOString(),
  });
  const [name = ""] = edge.raw.names();
  assert.equal(name.split("/").slice(2).join("/"), `acme/${await ownerOf()}/${imageId}`);
  const [object] = (await edge.raw.list({ prefix: name })).objects;
  assert.deepEqual(
    [object?.size, object?.contentType],
    [PNG.length, "image/png"],
    "the bytes' own",
  );
  const { traceparent: _, ...said } = object?.metadata ?? {};
  const size = String(PNG.length);
  assert.deepEqual(said, { source: "edge", sha256: sha256(PNG), size, ref: "order-4711" });
});

test("POST /v1/images takes one file of a form", async () => {
  const edge = await makeTestEdge();
  const form = pngForm();
  const answer = await call(edge, `POST /v1/images?sha256=${sha256(PNG)}`, { body: form });
  assert.equal(answer.status, 202);
  const [object] = (await edge.raw.list({ prefix: "" })).objects;
  assert.equal(object?.size, PNG.length);
  assert.equal(edge.quota.bytes(), PNG.length, "counted by its real size");
  assert.equal(JSON.stringify([object, edge.logs]).includes("holiday"), false);
  form.set("second", "value");
  const more = await call(edge, "POST /v1/images", { body: form });
  assert.equal((await readProblem(more, 400)).code, "invalid_request");
  assert.equal(edge.raw.names().length, 1);
});

test("POST /v1/images takes an image whose type is not known, or of an old name, by its bytes", async () => {
  const edge = await makeTestEdge();
  const { "Content-Type": _, ...untyped } = pngHeaders;
  for (const type of [undefined, "application/octet-stream", "image/pjpeg"]) {
    const headers = type === undefined ? untyped : { ...untyped, "Content-Type": type };
    const answer = await call(edge, "POST /v1/images", { headers, body: PNG });
    assert.equal(answer.status, 202, type);
  }
  const { objects } = await edge.raw.list({ prefix: "" });
  assert.deepEqual(objects.map(({ contentType }) => contentType), Array(3).fill("image/png"));
});

test("POST /v1/images refuses what it cannot take before storage holds anything", async () => {
  const edge = await makeTestEdge();
  const text = new TextEncoder().encode("a text that says it is a picture".padEnd(66, "."));
  const sized = (bytes: number) => ({ ...pngHeaders, "Content-Length": String(bytes) });
  const form = (bytes: number) => ({
    headers: { ...sized(bytes), "Content-Type": "multipart/form-data; boundary=x" },
    body: PNG,
  });
  const typed = (type: string) => ({ ...pngHeaders, "Content-Type": type });
  const cases: readonly (readonly [expected: string, CallOptions, query?: string])[] = [
    ["411 length_required", { headers: { "Content-Type": "image/png" }, body: PNG }],
    ["413 too_large", { headers: sized(10_485_761), body: PNG }],
    // A form may hold 16 KiB beside its file.
    ["413 too_large", form(10_485_760 + 16_385)],
    ["400 invalid_request", form(10_485_760 + 16_384)],
    ["415 unsupported_type", { headers: typed("text/plain"), body: PNG }],
    ["415 unsupported_type", { headers: { ...pngHeaders, "Content-Encoding": "gzip" }, body: PNG }],
    ["400 invalid_request", { headers: sized(0) }],
    ["422 not_an_image", { headers: sized(66), body: text }],
    ["422 not_an_image", { headers: sized(9), body: text.subarray(0, 9) }],
    ["422 not_an_image", { headers: { ...sized(66), "Content-Type": "" }, body: text }],
    ["400 invalid_request", { headers: sized(300_000), body: PNG }],
    ["422 digest_mismatch", { headers: pngHeaders, body: PNG }, `?sha256=${"0".repeat(64)}`],
    ["400 invalid_request", { headers: pngHeaders, body: PNG }, "?sha256=ABC"],
    ["400 invalid_request", { headers: pngHeaders, body: PNG }, "?size=3"],
    ["400 invalid_request", { headers: pngHeaders, body: PNG }, "?preset=none"],
    ["400 invalid_request", { headers: pngHeaders, body: PNG }, "?ref=a%20b"],
  ];
  for (const [expected, options, query = ""] of cases) {
    const answer = await call(edge, `POST /v1/images${query}`, options);
    const { code } = await readProblem(answer, answer.status);
    const what = `${query} ${JSON.stringify(options.headers)}`;
    assert.equal(`${answer.status} ${code}`, expected, what);
  }
  assert.deepEqual(edge.raw.names(), []);
  assert.equal(edge.quota.held().length, 0, "a definite refusal gives the day its image back");
});

test("POST /v1/images answers 409 where other bytes are there under the id", async () => {
  const edge = await makeTestEdge();
  const { imageId } = await putImage(edge);
  const same = await uploadPng(edge, `?imageId=${imageId}&sha256=${"ab".repeat(32)}`);
  assert.equal((await readAs(imageSummary, same)).status, "ready");
  const other = await uploadPng(edge, `?imageId=${imageId}&sha256=${"0".repeat(64)}`);
  assert.equal((await readProblem(other, 409)).code, "conflict");
});

test("POST /v1/images twice with one id makes one object", async () => {
  const edge = await makeTestEdge();
  const imageId = idAt(edge.clock.ms);
  assert.equal((await uploadPng(edge, `?imageId=${imageId}`)).status, 202);
  const again = await uploadPng(edge, `?imageId=${imageId.toUpperCase()}`);
  assert.equal((await readAs(imageSummary, again)).imageId, imageId);
  assert.equal(edge.raw.names().length, 1);
});

test("POST /v1/images holds a form to its tenant's limit while it streams", async () => {
  const edge = await makeTestEdge({ tenants: { _default: { maxBytes: PNG.length - 1 } } });
  const answer = await call(edge, "POST /v1/images", { body: pngForm() });
  const problem = await readProblem(answer, 413);
  assert.equal(problem.code, "too_large");
  assert.equal(problem.detail, `Cannot take image: size must be at most ${PNG.length - 1} bytes`);
  assert.deepEqual([edge.raw.names(), edge.quota.held()], [[], []]);
});
