import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { readAs, readProblem } from "./_assertions.ts";
import { jsonOf, type LocalWorker, startWorker } from "./_local_cloud.ts";
import { PNG } from "./_testing.ts";
import { newImageId, TestCloud } from "./_worker_testing.ts";
import { OPENAPI_FILE } from "./openapi/generate.ts";
import {
  erasureResults,
  erasureState,
  imagePage,
  imageState,
  original,
  startedUpload,
} from "./schemas.ts";

const MIB = 1024 * 1024;

const edge = new TestCloud<LocalWorker>(({ local }) => startWorker(local));
const rawCount = async () => (await edge.objectsIn("tintype-raw")).length;

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

test("an image goes in by a session, is read, listed and erased", async () => {
  const ask = (line: string, init: RequestInit = {}) => edge.ask(line, init, { sub: "walker" });
  const declared = { contentType: "image/png", size: PNG.length, sha256: sha256(PNG) };
  const started = await ask("POST /v1/uploads", jsonOf(declared));
  const { imageId, upload } = await readAs(startedUpload, started, 201);
  const image = `/v1/images/${imageId}`;
  assert.equal((await ask(`GET ${image}`)).status, 404, "not finalized yet");
  const { method, headers } = upload;
  assert.equal((await fetch(upload.url, { method, headers, body: PNG })).status, 200);

  const object = await edge.rawObjectOf(imageId);
  assert.equal(object.metadata?.["sha256"], declared.sha256);
  assert.match(object.metadata?.["traceparent"] ?? "", /^00-/);
  const processing = await readAs(imageState, await ask(`GET ${image}`));
  assert.deepEqual([processing.status, processing.bytes], ["processing", PNG.length]);

  const waiting = ask(`GET ${image}?wait=10`);
  const file = PNG.slice(0, 500);
  await edge.putReady(object.name, file);
  const ready = await readAs(imageState, await waiting);
  assert.equal(ready.status, "ready");
  const rendition = await fetch(ready.renditions[0]?.url ?? "");
  assert.equal(rendition.status, 200);
  assert.deepEqual(new Uint8Array(await rendition.arrayBuffer()), file);

  const askOriginal = () =>
    edge.ask(`GET ${image}/original`, {}, { sub: "walker", scope: "images:read:original" });
  const { url, bytes } = await readAs(original, await askOriginal());
  const read = await fetch(url);
  assert.deepEqual([read.status, bytes], [200, PNG.length]);
  assert.deepEqual(new Uint8Array(await read.arrayBuffer()), PNG);
  const page = await readAs(imagePage, await ask("GET /v1/images"));
  assert.deepEqual(page.images.map((image) => [image.imageId, image.status]), [[imageId, "ready"]]);
  const again = await ask("POST /v1/uploads", jsonOf({ ...declared, imageId }));
  assert.equal(again.status, 200);

  assert.equal((await ask(`DELETE ${image}`)).status, 202);
  assert.equal((await ask(`DELETE ${image}`)).status, 202);
  assert.equal((await ask(`GET ${image}`)).status, 404);
  assert.equal((await askOriginal()).status, 404);
  assert.deepEqual((await readAs(imagePage, await ask("GET /v1/images"))).images, []);
  const erasure = await readAs(erasureState, await ask(`GET /v1/erasures/${imageId}`));
  assert.equal(erasure.status, "accepted");
  const many = await ask("POST /v1/erasures", jsonOf({ imageIds: [imageId, newImageId()] }));
  const { results } = await readAs(erasureResults, many, 202);
  assert.deepEqual(results.map(({ status }) => status), ["accepted", "accepted"]);
  const requests = await edge.objectsIn("tintype-erasures");
  assert.ok(requests.some(({ name, size }) => name === object.name && size === "0"));
});

const FORM_HEAD =
  "--x\r\nContent-Disposition: form-data; filename=a\r\nContent-Type: image/png\r\n\r\n";

/** A form whose file comes bit by bit. */
async function* formOf(bytes: number, tail: string) {
  yield new TextEncoder().encode(FORM_HEAD);
  yield PNG;
  for (let sent = 0; sent < bytes; sent += MIB) {
    yield new Uint8Array(MIB);
    await sleep(1);
  }
  yield new TextEncoder().encode(tail);
}

/** By what is answered: bodies that storage must hold nothing of. */
const REFUSED: Readonly<Record<string, readonly [expected: string, () => Promise<Response>]>> = {
  "a form over the limit": ["413 too_large", () => sendForm(11 * MIB, "\r\n--x--")],
  "a form of two parts": ["400 invalid_request", () => sendForm(MIB, "\r\n--x\r\nmore")],
  "a form without an end": ["400 invalid_request", () => sendForm(MIB, "no end")],
};

function sendForm(bytes: number, tail: string): Promise<Response> {
  const headers = { "Content-Type": "multipart/form-data; boundary=x" };
  const body = formOf(bytes, tail) as unknown as BodyInit; // Node takes an iterable too
  const duplex = "half"; // Node's own condition for streamed bodies
  return edge.ask("POST /v1/images", { headers, body, ...{ duplex } });
}

test("what is refused, or ends early, leaves nothing in storage, however far it has come", async () => {
  const before = await rawCount();
  for (const [what, [expected, send]] of Object.entries(REFUSED)) {
    const answer = await send();
    const { code } = await readProblem(answer, answer.status);
    assert.equal(`${answer.status} ${code}`, expected, what);
  }
  const token = await edge.local.token();
  const socket = connect(Number(new URL(edge.worker.url).port), "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write(
    `POST /v1/images HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n` +
      `Content-Type: image/png\r\nContent-Length: ${PNG.length + 1_000_000}\r\n\r\n`,
  );
  socket.write(PNG);
  await sleep(300);
  socket.destroy();
  await sleep(300);
  assert.equal(await rawCount(), before);
});

test("a storage that fails once is asked again, one that stays down is a 503", async () => {
  const imageId = newImageId();
  const fault = (rule: object) => edge.local.storage.control("POST", "/_local/faults", rule);
  await fault({ match: { method: "GET", path: imageId }, times: 1, action: { status: 503 } });
  assert.equal((await edge.ask(`GET /v1/images/${imageId}`)).status, 404);
  await fault({ match: { method: "POST", path: imageId }, times: 1, action: { dropReply: true } });
  const start = () =>
    edge.ask("POST /v1/uploads", jsonOf({ contentType: "image/png", size: 9, imageId }));
  assert.equal((await start()).status, 201);
  await fault({ match: { path: imageId }, times: 100, action: { status: 503 } });
  const down = await start();
  assert.equal(down.headers.get("retry-after"), "1");
  assert.equal((await readProblem(down, 503)).code, "unavailable");
  await edge.local.storage.control("DELETE", "/_local/faults");
});

test("the documents are served as they were built", async () => {
  const served = await fetch(new URL("/openapi.json", edge.worker.url));
  assert.equal(await served.text(), await readFile(OPENAPI_FILE, "utf8"));
  const viewer = await fetch(new URL("/docs", edge.worker.url));
  assert.match(await viewer.text(), /<main id="viewer">/);
});
