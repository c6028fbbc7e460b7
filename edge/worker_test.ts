import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { test } from "node:test";
import { readAs, readProblem } from "./_assertions.ts";
import { startWorker, type TokenWish } from "./_local_cloud.ts";
import { sendRaw } from "./_raw_http_fixture.ts";
import { PNG } from "./_testing.ts";
import { inOneWindow, jsonOf, newImageId, TestCloud } from "./_worker_testing.ts";
import { OPENAPI_FILE } from "./openapi/generate.ts";
import { erasureState, imagePage, imageState, imageSummary, startedUpload } from "./schemas.ts";

const SUBJECT = "CANARY-SUBJECT";
const MIB = 1024 * 1024;

const edge = new TestCloud(({ local }) => startWorker(local));
/** Calls the worker as somebody, by default with a subject that must show nowhere. */
const ask = (line: string, init: RequestInit = {}, wish: TokenWish = {}) =>
  edge.ask(line, init, { sub: SUBJECT, ...wish });

const sendPng = (body?: BodyInit, query?: string) => edge.sendPng(body, query, { sub: SUBJECT });

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

const rawCount = async () => (await edge.objectsIn("tintype-raw")).length;

async function fault(rule: object): Promise<void> {
  const url = `${edge.local.storageUrl}/_local/faults`;
  const response = await fetch(url, { method: "POST", ...jsonOf(rule) });
  assert.ok(response.ok, await response.text());
}

test("thirty cold requests at once are all answered", async () => {
  const answers = await Promise.all(Array.from({ length: 30 }, () => ask("GET /v1/images")));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
});

test("an image goes in by a session, is read, listed and erased", async () => {
  const wish = { sub: "walker" };
  const declared = { contentType: "image/png", size: PNG.length, sha256: sha256(PNG) };
  const started = await ask("POST /v1/uploads", jsonOf(declared), wish);
  assert.equal(started.status, 201);
  const { imageId, upload } = await readAs(startedUpload, started);
  assert.equal((await ask(`GET /v1/images/${imageId}`, {}, wish)).status, 404, "not finalized yet");
  const put = await fetch(upload.url, {
    method: upload.method,
    headers: upload.headers,
    body: PNG,
  });
  assert.equal(put.status, 200);

  const object = await edge.rawObjectOf(imageId);
  assert.equal(object.metadata?.["sha256"], declared.sha256);
  assert.match(object.metadata?.["traceparent"] ?? "", /^00-/);
  const processing = await readAs(imageState, await ask(`GET /v1/images/${imageId}`, {}, wish));
  assert.deepEqual([processing.status, processing.bytes], ["processing", PNG.length]);

  const waiting = ask(`GET /v1/images/${imageId}?wait=10`, {}, wish);
  const file = PNG.slice(0, 500);
  await edge.putReady(object.name, file);
  const ready = await readAs(imageState, await waiting);
  assert.equal(ready.status, "ready");
  const rendition = await fetch(ready.renditions[0]?.url ?? "");
  assert.equal(rendition.status, 200);
  assert.deepEqual(new Uint8Array(await rendition.arrayBuffer()), file);

  const page = await readAs(imagePage, await ask("GET /v1/images", {}, wish));
  assert.deepEqual(page.images.map((image) => [image.imageId, image.status]), [[imageId, "ready"]]);
  const again = await ask("POST /v1/uploads", jsonOf({ ...declared, imageId }), wish);
  assert.equal(again.status, 200);

  assert.equal((await ask(`DELETE /v1/images/${imageId}`, {}, wish)).status, 202);
  assert.equal((await ask(`DELETE /v1/images/${imageId}`, {}, wish)).status, 202);
  assert.equal((await ask(`GET /v1/images/${imageId}`, {}, wish)).status, 404);
  assert.deepEqual((await readAs(imagePage, await ask("GET /v1/images", {}, wish))).images, []);
  const erasure = await readAs(erasureState, await ask(`GET /v1/erasures/${imageId}`, {}, wish));
  assert.equal(erasure.status, "accepted");
});

test("a body is streamed to storage whole and with its digest", async () => {
  const large = new Uint8Array(10 * MIB);
  large.set(PNG);
  const sent = await sendPng(large, `?sha256=${sha256(large)}`);
  assert.equal(sent.status, 202, await sent.clone().text());
  const { imageId } = await readAs(imageSummary, sent);
  assert.equal((await edge.rawObjectOf(imageId)).size, String(10 * MIB));
});

test("ten bodies of 10 MiB at once all arrive", async () => {
  const large = new Uint8Array(10 * MIB);
  large.set(PNG);
  const sent = await Promise.all(Array.from({ length: 10 }, () => sendPng(large)));
  assert.deepEqual(sent.map(({ status }) => status), sent.map(() => 202));
});

test("a form's file is streamed to storage", async () => {
  const form = new FormData();
  form.set("file", new Blob([PNG], { type: "image/png" }), "CANARY-FILE.png");
  const sent = await ask(`POST /v1/images?sha256=${sha256(PNG)}`, { body: form });
  assert.equal(sent.status, 202, await sent.clone().text());
  const { imageId } = await readAs(imageSummary, sent);
  assert.equal((await edge.rawObjectOf(imageId)).size, String(PNG.length));
});

test("a wrong digest, other bytes and a body over the limit leave nothing in storage", async () => {
  const before = await rawCount();
  const wrong = await sendPng(PNG, `?sha256=${"0".repeat(64)}`);
  assert.equal((await readProblem(wrong, 422)).code, "digest_mismatch");
  const text = await sendPng("a text that says that it is a picture, and goes on for a while");
  assert.equal((await readProblem(text, 422)).code, "not_an_image");
  const form = new FormData();
  form.set("file", new Blob([PNG, new Uint8Array(11 * MIB)], { type: "image/png" }), "a.png");
  const large = await ask("POST /v1/images", { body: form });
  assert.equal((await readProblem(large, 413)).code, "too_large");
  assert.equal(await rawCount(), before);
});

test("a form that turns out too large or wrong while it streams leaves nothing in storage", async () => {
  const before = await rawCount();
  const head =
    '--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\nContent-Type: image/png\r\n\r\n';
  const stream = (tail: string, bytes: number) =>
    new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode(head));
        controller.enqueue(PNG);
        for (let sent = 0; sent < bytes; sent += MIB) {
          controller.enqueue(new Uint8Array(MIB));
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        controller.enqueue(new TextEncoder().encode(tail));
        controller.close();
      },
    });
  const send = (body: ReadableStream<Uint8Array>) =>
    ask("POST /v1/images", {
      headers: { "Content-Type": "multipart/form-data; boundary=x" },
      body,
      ...{ duplex: "half" }, // Node's own condition for streamed bodies
    });
  assert.equal(
    (await readProblem(await send(stream("\r\n--x--", 11 * MIB)), 413)).code,
    "too_large",
  );
  const two = await send(stream("\r\n--x\r\nmore", MIB));
  assert.equal((await readProblem(two, 400)).code, "invalid_request");
  assert.equal((await readProblem(await send(stream("no end", MIB)), 400)).code, "invalid_request");
  assert.equal(await rawCount(), before);
});

test("a raw body without its length is 411, and one that ends early leaves nothing", async () => {
  const before = await rawCount();
  const chunked = await ask("POST /v1/images", {
    headers: { "Content-Type": "image/png" },
    body: new Blob([PNG]).stream(),
    ...{ duplex: "half" }, // Node's own condition for streamed bodies
  });
  assert.equal((await readProblem(chunked, 411)).code, "length_required");
  const token = await edge.local.token();
  const socket = connect(Number(new URL(edge.worker.url).port), "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write(
    `POST /v1/images HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n` +
      `Content-Type: image/png\r\nContent-Length: ${PNG.length + 1_000_000}\r\n\r\n`,
  );
  socket.write(PNG);
  await new Promise((resolve) => setTimeout(resolve, 300));
  socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(await rawCount(), before);
});

test("the same id twice makes one object, at both doors", async () => {
  const imageId = newImageId();
  const both = await Promise.all([
    sendPng(PNG, `?imageId=${imageId}`),
    sendPng(PNG, `?imageId=${imageId}`),
  ]);
  for (const { status } of both) assert.ok(status === 202 || status === 200, String(status));
  assert.equal((await sendPng(PNG, `?imageId=${imageId}`)).status, 200);
  const started = await ask(
    "POST /v1/uploads",
    jsonOf({ contentType: "image/png", size: 9, imageId }),
  );
  assert.equal(started.status, 200);
  const named = (await edge.objectsIn("tintype-raw")).filter(({ name }) => name.endsWith(imageId));
  assert.equal(named.length, 1);
});

test("a storage that fails once is asked again, one that stays down is a 503", async () => {
  const imageId = newImageId();
  await fault({ match: { method: "GET", path: imageId }, times: 1, action: { status: 503 } });
  assert.equal((await ask(`GET /v1/images/${imageId}`)).status, 404);
  await fault({
    match: { method: "POST", path: imageId },
    times: 1,
    action: { dropReply: true },
  });
  const declared = { contentType: "image/png", size: 9, imageId };
  assert.equal((await ask("POST /v1/uploads", jsonOf(declared))).status, 201);
  await fault({ match: { path: imageId }, times: 100, action: { status: 503 } });
  const down = await ask("POST /v1/uploads", jsonOf(declared));
  assert.equal(down.headers.get("retry-after"), "1");
  assert.equal((await readProblem(down, 503)).code, "unavailable");
  await fetch(`${edge.local.storageUrl}/_local/faults`, { method: "DELETE" });
});

test("an owner over 120 requests a minute is limited, another owner is not", async () => {
  const answers = await inOneWindow((turn) =>
    Promise.all(
      Array.from({ length: 130 }, () => ask("GET /v1/none", {}, { sub: `busy-${turn}` })),
    )
  );
  const limited = answers.filter(({ status }) => status === 429);
  assert.equal(limited.length, 10);
  assert.equal(limited[0]?.headers.get("ratelimit-policy"), '"owner";q=120;w=60');
  assert.equal((await ask("GET /v1/none", {}, { sub: "calm" })).status, 404);
});

test("dots lead out of no guarded path: they are gone before anyone looks at it", async () => {
  for (
    const path of ["/healthz/../v1/images", "/healthz/%2e%2e/v1/images", "/docs/.././v1/images"]
  ) {
    const text = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
    assert.equal((await sendRaw(edge.worker.url, text)).status, 401, path);
  }
});

test("the documents are served as they were built", async () => {
  const served = await fetch(new URL("/openapi.json", edge.worker.url));
  assert.equal(await served.text(), await readFile(OPENAPI_FILE, "utf8"));
  const viewer = await fetch(new URL("/docs", edge.worker.url));
  assert.match(await viewer.text(), /<main id="viewer">/);
});

test("no log line holds a token, a subject, a file's name, a session or a signature", () => {
  const text = edge.worker.output();
  assert.ok(text.includes('"event":"request"') && text.includes('"route":"/v1/images/:id"'));
  for (const secret of ["CANARY", "eyJ", "upload_id", "X-Goog-", "Uncaught"]) {
    assert.equal(text.includes(secret), false, secret);
  }
});
