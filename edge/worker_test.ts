import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { firstImageIdOf } from "@tintype/core/model/image_id";
import { readAs, readProblem } from "./_assertions.ts";
import {
  inOneWindow,
  lacksLocalCloud,
  type LocalCloud,
  type LocalWorker,
  startLocalCloud,
  startWorker,
  type TokenWish,
} from "./_local_cloud.ts";
import { manifestOf, PNG, readyRendition } from "./_testing.ts";
import { erasureState, imagePage, imageState, imageSummary, startedUpload } from "./schemas.ts";

const skip = lacksLocalCloud;
const SUBJECT = "CANARY-SUBJECT";
const MIB = 1024 * 1024;

let cloud: LocalCloud;
let worker: LocalWorker;

before(async () => {
  if (skip) return;
  cloud = await startLocalCloud();
  worker = await startWorker(cloud);
});

after(async () => {
  await worker?.[Symbol.asyncDispose]();
  await cloud?.[Symbol.asyncDispose]();
});

/** Calls the worker over HTTP as somebody. */
async function ask(line: string, init: RequestInit = {}, wish: TokenWish = {}): Promise<Response> {
  const [method = "GET", path = "/"] = line.split(" ");
  const headers = new Headers(init.headers);
  headers.set("Authorization", `Bearer ${await cloud.token({ sub: SUBJECT, ...wish })}`);
  return await fetch(new URL(path, worker.url), { ...init, method, headers });
}

function post(body: unknown): RequestInit {
  return { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

function sendPng(body: BodyInit = PNG, query = "", wish: TokenWish = {}): Promise<Response> {
  return ask(`POST /v1/images${query}`, { headers: { "Content-Type": "image/png" }, body }, wish);
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Every object of a bucket, by the stand-in's JSON API. */
async function objectsIn(bucket: string) {
  const answer = await fetch(`${cloud.storageUrl}/storage/v1/b/${bucket}/o`);
  const { items = [] }: {
    items?: { name: string; size: string; metadata?: Record<string, string> }[];
  } = await answer.json();
  return items;
}

async function rawObject(imageId: string) {
  return (await objectsIn("tintype-raw")).find(({ name }) => name.endsWith(imageId));
}

async function putProcessed(name: string, body: Uint8Array<ArrayBuffer>, contentType: string) {
  const query = `uploadType=media&name=${encodeURIComponent(name)}`;
  const answer = await fetch(
    `${cloud.storageUrl}/upload/storage/v1/b/tintype-processed/o?${query}`,
    {
      method: "POST",
      headers: { "Content-Type": contentType },
      body,
    },
  );
  assert.equal(answer.status, 200);
  const { generation }: { generation: string } = await answer.json();
  return generation;
}

async function fault(rule: object): Promise<void> {
  const answer = await fetch(`${cloud.storageUrl}/_local/faults`, {
    method: "POST",
    ...post(rule),
  });
  assert.ok(answer.ok, await answer.text());
}

/** An id of now that no other test has. */
function newId(): string {
  return firstImageIdOf(Date.now()).slice(0, -12) + crypto.randomUUID().slice(-12);
}

test("thirty cold requests at once are all answered", { skip }, async () => {
  const answers = await Promise.all(Array.from({ length: 30 }, () => ask("GET /v1/images")));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
});

test("an image goes in by a session, is read, listed and erased", { skip }, async () => {
  const wish = { sub: "walker" };
  const declared = { contentType: "image/png", size: PNG.length, sha256: sha256(PNG) };
  const started = await ask("POST /v1/uploads", post(declared), wish);
  assert.equal(started.status, 201);
  const { imageId, upload } = await readAs(startedUpload, started);
  assert.equal((await ask(`GET /v1/images/${imageId}`, {}, wish)).status, 404, "not finalized yet");
  const put = await fetch(upload.url, {
    method: upload.method,
    headers: upload.headers,
    body: PNG,
  });
  assert.equal(put.status, 200);

  const object = await rawObject(imageId);
  assert.ok(object !== undefined);
  assert.equal(object.metadata?.["sha256"], declared.sha256);
  assert.match(object.metadata?.["traceparent"] ?? "", /^00-/);
  const processing = await readAs(imageState, await ask(`GET /v1/images/${imageId}`, {}, wish));
  assert.deepEqual([processing.status, processing.bytes], ["processing", PNG.length]);

  const waiting = ask(`GET /v1/images/${imageId}?wait=10`, {}, wish);
  const file = PNG.slice(0, 500);
  const generation = await putProcessed(`${object.name}/thumb.jpg`, file, "image/jpeg");
  const [, tenant = "", owner = ""] = object.name.split("/");
  const manifest = manifestOf({ tenant, owner, imageId }, {
    status: "ready",
    renditions: [{ ...readyRendition, object: `${object.name}/thumb.jpg`, generation }],
  });
  await putProcessed(`${object.name}/manifest.json`, manifest, "application/json");
  const ready = await readAs(imageState, await waiting);
  assert.equal(ready.status, "ready");
  const rendition = await fetch(ready.renditions[0]?.url ?? "");
  assert.equal(rendition.status, 200);
  assert.deepEqual(new Uint8Array(await rendition.arrayBuffer()), file);

  const page = await readAs(imagePage, await ask("GET /v1/images", {}, wish));
  assert.deepEqual(page.images.map((image) => [image.imageId, image.status]), [[imageId, "ready"]]);
  const again = await ask("POST /v1/uploads", post({ ...declared, imageId }), wish);
  assert.equal(again.status, 200);

  assert.equal((await ask(`DELETE /v1/images/${imageId}`, {}, wish)).status, 202);
  assert.equal((await ask(`DELETE /v1/images/${imageId}`, {}, wish)).status, 202);
  assert.equal((await ask(`GET /v1/images/${imageId}`, {}, wish)).status, 404);
  assert.deepEqual((await readAs(imagePage, await ask("GET /v1/images", {}, wish))).images, []);
  const erasure = await readAs(erasureState, await ask(`GET /v1/erasures/${imageId}`, {}, wish));
  assert.equal(erasure.status, "accepted");
});

test("a body is streamed to storage whole and with its digest", { skip }, async () => {
  const large = new Uint8Array(10 * MIB);
  large.set(PNG);
  const sent = await sendPng(large, `?sha256=${sha256(large)}`);
  assert.equal(sent.status, 202, await sent.clone().text());
  const { imageId } = await readAs(imageSummary, sent);
  assert.equal((await rawObject(imageId))?.size, String(10 * MIB));
});

test("ten bodies of 10 MiB at once all arrive", { skip }, async () => {
  const large = new Uint8Array(10 * MIB);
  large.set(PNG);
  const sent = await Promise.all(Array.from({ length: 10 }, () => sendPng(large)));
  assert.deepEqual(sent.map(({ status }) => status), sent.map(() => 202));
});

test("a form's file is streamed to storage", { skip }, async () => {
  const form = new FormData();
  form.set("file", new Blob([PNG], { type: "image/png" }), "CANARY-FILE.png");
  const sent = await ask(`POST /v1/images?sha256=${sha256(PNG)}`, { body: form });
  assert.equal(sent.status, 202, await sent.clone().text());
  const { imageId } = await readAs(imageSummary, sent);
  assert.equal((await rawObject(imageId))?.size, String(PNG.length));
});

test(
  "a wrong digest, other bytes and a body over the limit leave nothing in storage",
  { skip },
  async () => {
    const before = (await objectsIn("tintype-raw")).length;
    const wrong = await sendPng(PNG, `?sha256=${"0".repeat(64)}`);
    assert.equal((await readProblem(wrong, 422)).code, "digest_mismatch");
    const text = await sendPng("a text that says that it is a picture, and goes on for a while");
    assert.equal((await readProblem(text, 422)).code, "not_an_image");
    const form = new FormData();
    form.set("file", new Blob([PNG, new Uint8Array(11 * MIB)], { type: "image/png" }), "a.png");
    const large = await ask("POST /v1/images", { body: form });
    assert.equal((await readProblem(large, 413)).code, "too_large");
    assert.equal((await objectsIn("tintype-raw")).length, before);
  },
);

test("a form that turns out too large or wrong while it streams leaves nothing in storage", {
  skip,
}, async () => {
  const before = (await objectsIn("tintype-raw")).length;
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
  assert.equal((await objectsIn("tintype-raw")).length, before);
});

test(
  "a raw body without its length is 411, and one that ends early leaves nothing",
  { skip },
  async () => {
    const before = (await objectsIn("tintype-raw")).length;
    const chunked = await ask("POST /v1/images", {
      headers: { "Content-Type": "image/png" },
      body: new Blob([PNG]).stream(),
      ...{ duplex: "half" }, // Node's own condition for streamed bodies
    });
    assert.equal((await readProblem(chunked, 411)).code, "length_required");
    const token = await cloud.token();
    const socket = connect(Number(new URL(worker.url).port), "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write(
      `POST /v1/images HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n` +
        `Content-Type: image/png\r\nContent-Length: ${PNG.length + 1_000_000}\r\n\r\n`,
    );
    socket.write(PNG);
    await new Promise((resolve) => setTimeout(resolve, 300));
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal((await objectsIn("tintype-raw")).length, before);
  },
);

test("the same id twice makes one object, at both doors", { skip }, async () => {
  const imageId = newId();
  const both = await Promise.all([
    sendPng(PNG, `?imageId=${imageId}`),
    sendPng(PNG, `?imageId=${imageId}`),
  ]);
  for (const { status } of both) assert.ok(status === 202 || status === 200, String(status));
  assert.equal((await sendPng(PNG, `?imageId=${imageId}`)).status, 200);
  const started = await ask(
    "POST /v1/uploads",
    post({ contentType: "image/png", size: 9, imageId }),
  );
  assert.equal(started.status, 200);
  const named = (await objectsIn("tintype-raw")).filter(({ name }) => name.endsWith(imageId));
  assert.equal(named.length, 1);
});

test(
  "a storage that fails once is asked again, one that stays down is a 503",
  { skip },
  async () => {
    const imageId = newId();
    await fault({ match: { method: "GET", path: imageId }, times: 1, action: { status: 503 } });
    assert.equal((await ask(`GET /v1/images/${imageId}`)).status, 404);
    await fault({
      match: { method: "POST", path: imageId },
      times: 1,
      action: { dropReply: true },
    });
    const declared = { contentType: "image/png", size: 9, imageId };
    assert.equal((await ask("POST /v1/uploads", post(declared))).status, 201);
    await fault({ match: { path: imageId }, times: 100, action: { status: 503 } });
    const down = await ask("POST /v1/uploads", post(declared));
    assert.equal(down.headers.get("retry-after"), "1");
    assert.equal((await readProblem(down, 503)).code, "unavailable");
    await fetch(`${cloud.storageUrl}/_local/faults`, { method: "DELETE" });
  },
);

test("a tenant's day takes exactly its images, and a retry counts once", { skip }, async () => {
  const tenant = { tenant: "small" };
  const imageId = newId();
  const start = (body: object) =>
    ask("POST /v1/uploads", post({ contentType: "image/png", size: 1_000, ...body }), tenant);
  assert.equal((await start({ imageId })).status, 201);
  assert.equal((await start({ imageId })).status, 201);
  const many = await Promise.all(Array.from({ length: 10 }, () => start({})));
  assert.deepEqual(many.map(({ status }) => status).sort(), [201, ...Array(9).fill(429)]);
  const full = await start({});
  const seconds = Number(full.headers.get("retry-after"));
  assert.ok(seconds > 0 && seconds <= 86_400);
  assert.equal(
    full.headers.get("ratelimit-policy"),
    '"images";q=2;w=86400, "bytes";q=50000000000;w=86400;qu="content-bytes"',
  );
  assert.equal(
    full.headers.get("ratelimit"),
    `"images";r=0;t=${seconds}, "bytes";r=49999998000;t=${seconds}`,
  );
  assert.equal((await readProblem(full, 429)).code, "quota_exceeded");
  assert.equal((await start({ imageId })).status, 201, "counted already");
});

test("an id that is asked for again with more bytes counts by the most", { skip }, async () => {
  const imageId = newId();
  const start = async (body: object) => {
    const declared = { contentType: "image/png", ...body };
    return (await ask("POST /v1/uploads", post(declared), { tenant: "few-bytes" })).status;
  };
  assert.equal(await start({ imageId, size: 1 }), 201);
  assert.equal(await start({ imageId, size: 2_000 }), 201);
  assert.equal(await start({ size: 1_001 }), 429, "2,000 of 3,000 bytes are counted");
  assert.equal(await start({ imageId, size: 3_001 }), 429, "no room to grow");
  assert.equal(await start({ size: 1_000 }), 201, "what did not fit took nothing");
  assert.equal(await start({ imageId, size: 2_000 }), 201, "counted already");
});

test("a refused body gives the day its image back", { skip }, async () => {
  const tenant = { tenant: "small", sub: "giver" };
  for (let times = 0; times < 3; times++) {
    const wrong = await sendPng(PNG, `?sha256=${"0".repeat(64)}`, {
      ...tenant,
      tenant: "small-too",
    });
    assert.equal(wrong.status, 422);
  }
  assert.equal((await sendPng(PNG, "", { ...tenant, tenant: "small-too" })).status, 202);
});

test("an owner over 120 requests a minute is limited, another owner is not", { skip }, async () => {
  const answers = await inOneWindow((turn) =>
    Promise.all(Array.from({ length: 130 }, () => ask("GET /v1/none", {}, { sub: `busy-${turn}` })))
  );
  const limited = answers.filter(({ status }) => status === 429);
  assert.equal(limited.length, 10);
  assert.equal(limited[0]?.headers.get("ratelimit-policy"), '"owner";q=120;w=60');
  assert.equal((await ask("GET /v1/none", {}, { sub: "calm" })).status, 404);
});

test(
  "no log line holds a token, a subject, a file's name, a session or a signature",
  { skip },
  () => {
    const text = worker.output();
    assert.ok(text.includes('"event":"request"') && text.includes('"route":"/v1/images/:id"'));
    for (const secret of ["CANARY", "eyJ", "upload_id", "X-Goog-", "Uncaught"]) {
      assert.equal(text.includes(secret), false, secret);
    }
  },
);
