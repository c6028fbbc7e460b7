import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { DAYS_FILE, parseDaySalts } from "@tintype/core/model/day_salts";
import type { ObjectName } from "@tintype/core/model/object_name";
import { PNG } from "./_testing.ts";
import { jsonOf } from "./_local_cloud.ts";
import { askWorker, TestCloud } from "./_worker_testing.ts";

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

const edge = new TestCloud((cloud) => cloud.startWorkerd());
let token = "";
/** Every answer, headers and all, but for the parts of the contract that are secrets for their caller. */
const answers: string[] = [];

async function ask(line: string, init: RequestInit = {}) {
  const headers = new Headers(CALLER_HEADERS);
  new Headers(init.headers).forEach((value, name) => headers.set(name, value));
  const answer = await askWorker(edge.worker, line, { ...init, headers, token });
  const text = await answer.text();
  answers.push(`${answer.status} ${JSON.stringify([...answer.headers])} ${text}`);
  return { status: answer.status, text, body: text.startsWith("{") ? JSON.parse(text) : undefined };
}

test("a canary in each input is in no answer, log line, object name or metadata", async () => {
  token = await edge.local.token({ sub: CANARY.subject });
  const bytes = new Uint8Array(PNG);
  bytes.set(new TextEncoder().encode(CANARY.bytes), 1_000);
  const form = new FormData();
  form.set(CANARY.fieldName, new Blob([bytes], { type: "image/png" }), CANARY.fileName);
  const digest = createHash("sha256").update(bytes).digest("hex");
  const sent = await ask(`POST /v1/images?sha256=${digest}`, { body: form });
  assert.equal(sent.status, 202);
  const { imageId } = sent.body;
  const { name, size } = await edge.rawObjectOf(imageId);
  assert.equal(size, String(PNG.length));
  await edge.putReady(name, PNG);
  const state = await ask(`GET /v1/images/${imageId}`);
  assert.equal(state.status, 200);
  const signature = new URL(state.body.renditions[0].url).searchParams.get("X-Goog-Signature");
  const started = await ask("POST /v1/uploads", jsonOf({ contentType: "image/png", size: 9 }));
  const session = new URL(started.body.upload.url).searchParams.get("upload_id");
  assert.ok(signature !== null && session !== null);

  await ask(`GET /v1/images?cursor=${CANARY.query}`);
  await ask(`GET /v1/images?owner=${CANARY.query}`);
  await ask(`GET /v1/images/${CANARY.path}`);
  await ask(`GET /${CANARY.path}`);
  const declared = { contentType: "image/png", size: 9 };
  for (const wrong of ["contentType", "size", "preset", "imageId"]) {
    await ask("POST /v1/uploads", jsonOf({ ...declared, [wrong]: CANARY.field }));
  }
  await ask("POST /v1/uploads", { ...jsonOf({}), body: CANARY.field });
  await ask("POST /v1/images", { headers: { "Content-Type": CANARY.header }, body: bytes });
  await ask("GET /v1/images", { headers: { Authorization: `Bearer ${CANARY.header}` } });
  await ask("GET /v1/images", { headers: { Origin: "https://canary-origin.example" } });
  await ask(`DELETE /v1/images/${imageId}`);
  await ask(`GET /v1/erasures/${imageId}`);
  await ask(`POST /v1/erasures?owner=${CANARY.query}`, jsonOf({ imageIds: [imageId] }));
  await ask("POST /v1/erasures", jsonOf({ imageIds: [CANARY.field, imageId] }));
  await ask("POST /v1/erasures", jsonOf({ imageIds: [imageId] }));
  await ask("POST /v1/uploads", jsonOf({ ...declared, ref: `${CANARY.field} not of the form` }));

  const buckets = ["tintype-raw", "tintype-processed", "tintype-erasures"] as const;
  const objects = await Promise.all(buckets.map((bucket) => edge.objectsIn(bucket)));
  const stored = JSON.stringify(objects);
  const log = edge.worker.output();
  assert.ok(stored.includes(imageId) && log.includes(imageId));
  const days = parseDaySalts(
    await edge.local.config.read(DAYS_FILE as ObjectName) ?? new Uint8Array(),
  );
  assert.equal(days.length, 16);
  const keys: Record<string, string> = JSON.parse(edge.local.secrets.PSEUDONYM_KEYS);
  const secrets = {
    ...CANARY,
    token: token.slice(-40),
    claims: token.split(".")[1] ?? "",
    ...Object.fromEntries(days.map(({ day, salt }) => [`salt of ${day}`, salt])),
    ...Object.fromEntries(Object.entries(keys).map(([n, key]) => [`pseudonym key ${n}`, key])),
  };
  for (const [what, text] of Object.entries(secrets)) {
    assert.ok(!log.includes(text), `${what} in the log`);
    assert.ok(!stored.includes(text), `${what} in a name or in metadata`);
    for (const answer of answers) assert.ok(!answer.includes(text), `${what} in ${answer}`);
  }
  for (const text of [session, signature, "canary-origin", "Uncaught", "eyJ", "X-Goog-"]) {
    assert.ok(!`${log}${stored}`.includes(text), text);
  }
});
