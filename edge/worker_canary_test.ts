import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  lacksLocalCloud,
  type LocalCloud,
  type LocalWorker,
  startLocalCloud,
  startWorker,
} from "./_local_cloud.ts";
import { manifestOf, PNG, readyRendition } from "./_testing.ts";

const skip = lacksLocalCloud;
/** One in each thing that a caller can say, as a text that can only come from there. */
const CANARY = {
  subject: "CANARY-SUBJECT@example.com",
  address: "203.0.113.77",
  fileName: "CANARY-FILE.png",
  fieldName: "CANARY-FIELD",
  query: "CANARY-QUERY",
  field: "CANARY-JSON",
  path: "CANARY-PATH",
  header: "CANARY-HEADER",
  agent: "CANARY-AGENT",
  referer: "https://canary-referer.example/CANARY-REFERER",
  cookie: "CANARY-COOKIE",
  bytes: "CANARY-BYTES",
} as const;
const CALLER_HEADERS = {
  "CF-Connecting-IP": CANARY.address,
  "X-Forwarded-For": CANARY.address,
  "X-Canary": CANARY.header,
  "X-Request-Id": `${CANARY.header} not of the form`,
  "User-Agent": CANARY.agent,
  Referer: CANARY.referer,
  Cookie: `a=${CANARY.cookie}`,
  tracestate: `canary=${CANARY.header}`,
};

let cloud: LocalCloud;
let worker: LocalWorker;
let token = "";
/** Every answer, headers and all, but for the parts of the contract that are secrets for their caller. */
const answers: string[] = [];

before(async () => {
  if (skip) return;
  cloud = await startLocalCloud();
  worker = await startWorker(cloud);
  token = await cloud.token({ sub: CANARY.subject });
});

after(async () => {
  await worker?.[Symbol.asyncDispose]();
  await cloud?.[Symbol.asyncDispose]();
});

async function ask(line: string, init: RequestInit = {}) {
  const [method = "GET", path = "/"] = line.split(" ");
  const headers = new Headers({ ...CALLER_HEADERS, Authorization: `Bearer ${token}` });
  new Headers(init.headers).forEach((value, name) => headers.set(name, value));
  const answer = await fetch(new URL(path, worker.url), { ...init, method, headers });
  const text = await answer.text();
  answers.push(`${answer.status} ${JSON.stringify([...answer.headers])} ${text}`);
  return { status: answer.status, text, body: text.startsWith("{") ? JSON.parse(text) : undefined };
}

const json = (body: unknown): RequestInit => ({
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

async function objects() {
  const all = await Promise.all(["tintype-raw", "tintype-processed"].map(async (bucket) => {
    const answer = await fetch(`${cloud.storageUrl}/storage/v1/b/${bucket}/o`);
    return await answer.json() as { items?: { name: string }[] }; // the JSON API's listing
  }));
  return all.flatMap(({ items = [] }) => items);
}

test(
  "a canary in each input is in no answer, log line, object name or metadata",
  { skip },
  async () => {
    const bytes = new Uint8Array(PNG);
    bytes.set(new TextEncoder().encode(CANARY.bytes), 1_000);
    const form = new FormData();
    form.set(CANARY.fieldName, new Blob([bytes], { type: "image/png" }), CANARY.fileName);
    const sent = await ask("POST /v1/images", { body: form });
    assert.equal(sent.status, 202);
    const { imageId } = sent.body;
    const name = (await objects()).find((object) => object.name.endsWith(imageId))?.name ?? "";
    const [, tenant = "", owner = ""] = name.split("/");
    const rendition = { ...readyRendition, object: `${name}/thumb.jpg` };
    const manifest = manifestOf({ tenant, owner, imageId }, { renditions: [rendition] });
    const query = `uploadType=media&name=${encodeURIComponent(`${name}/manifest.json`)}`;
    await fetch(`${cloud.storageUrl}/upload/storage/v1/b/tintype-processed/o?${query}`, {
      method: "POST",
      body: manifest,
    });
    const state = await ask(`GET /v1/images/${imageId}`);
    assert.equal(state.status, 200);
    const signature = new URL(state.body.renditions[0].url).searchParams.get("X-Goog-Signature");
    const started = await ask("POST /v1/uploads", json({ contentType: "image/png", size: 9 }));
    const session = new URL(started.body.upload.url).searchParams.get("upload_id");
    assert.ok(signature !== null && session !== null);

    await ask(`GET /v1/images?cursor=${CANARY.query}`);
    await ask(`GET /v1/images?owner=${CANARY.query}`);
    await ask(`GET /v1/images/${CANARY.path}`);
    await ask(`GET /${CANARY.path}`);
    await ask("POST /v1/uploads", json({ contentType: CANARY.field, size: CANARY.field }));
    await ask(
      "POST /v1/uploads",
      json({ contentType: "image/png", size: 9, preset: CANARY.field }),
    );
    await ask(
      "POST /v1/uploads",
      json({ contentType: "image/png", size: 9, imageId: CANARY.field }),
    );
    await ask("POST /v1/uploads", {
      headers: { "Content-Type": "application/json" },
      body: CANARY.field,
    });
    await ask("POST /v1/images", { headers: { "Content-Type": CANARY.header }, body: bytes });
    await ask("GET /v1/images", { headers: { Authorization: `Bearer ${CANARY.header}` } });
    await ask("GET /v1/images", { headers: { Origin: "https://canary-origin.example" } });
    await ask(`DELETE /v1/images/${imageId}`);
    await ask(`GET /v1/erasures/${imageId}`);

    const stored = JSON.stringify(await objects());
    // The development server writes a line of its own for each request, with its path; production has no such line.
    const log = worker.output().split("\n")
      .filter((line) => !/\b(GET|POST|DELETE) \/\S* \d{3}\b/.test(line)).join("\n");
    assert.ok(stored.includes(imageId) && log.includes(imageId));
    const secrets = { ...CANARY, token: token.slice(-40), claims: token.split(".")[1] ?? "" };
    for (const [what, text] of Object.entries(secrets)) {
      assert.ok(!log.includes(text), `${what} in the log`);
      assert.ok(!stored.includes(text), `${what} in a name or in metadata`);
      for (const answer of answers) assert.ok(!answer.includes(text), `${what} in ${answer}`);
    }
    const origin = "canary-origin";
    for (const text of [session, signature, origin]) {
      assert.ok(
        !`${log}${stored}`.includes(text),
        text,
      );
    }
  },
);
