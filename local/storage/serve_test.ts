import assert from "node:assert/strict";
import { once } from "node:events";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { startEmulator } from "@tintype/core/testing/start_emulator";
import { eventually } from "@tintype/core/testing/eventually";
import { startProgram } from "@tintype/core/testing/start_program";
import { makeFolder } from "../_testing.ts";
import { startApi } from "../pubsub/_testing.ts";
import {
  bytesOf,
  CHUNK,
  getMedia,
  getResource,
  HMAC_KEY,
  putChunk,
  putMedia,
  readRecord,
  sendPart,
  signedFetch,
  startSession,
  waitForHeld,
} from "./_fixture.ts";
import { EVENTS_TOPIC } from "./notification_outbox.ts";

async function serve(t: TestContext, env: Record<string, string> = {}) {
  const emulator = await startEmulator("storage", env);
  t.after(() => emulator.stop());
  return emulator;
}

test("kill -9 loses nothing that was acknowledged", async (t) => {
  const DATA_DIR = await makeFolder(t);
  const first = await serve(t, { DATA_DIR });
  const bytes = bytesOf(3 * CHUNK);
  const total = bytes.length;
  assert.equal((await putMedia(first, "object", bytes)).status, 200);
  const before = await getResource(first, "object");
  const session = await startSession(first, { name: "late" });
  await putChunk(session, `0-${CHUNK - 1}/${total}`, bytes.slice(0, CHUNK));
  const range = `${CHUNK}-${total - 1}/${total}`;
  const length = total - CHUNK;
  const part = bytes.subarray(CHUNK, 2 * CHUNK + 7);
  const socket = await sendPart(session, { range, length, part });
  socket.on("error", () => {});
  await waitForHeld(session, 2 * CHUNK);
  await first.stop("SIGKILL");

  const second = await serve(t, { DATA_DIR });
  // The object is replaced within a second.
  await second.control("POST", "/_local/mutations", { limit: "none" });
  const after = await getResource(second, "object");
  assert.deepEqual(
    { ...after, selfLink: "", mediaLink: "" },
    { ...before, selfLink: "", mediaLink: "" },
  );
  assert.ok((await getMedia(second, "object")).equals(bytes));
  const resumed = session.replace(first.url, second.url);
  const held = await putChunk(resumed, "*/*");
  assert.equal(held.headers.get("range"), `bytes=0-${CHUNK - 1}`);
  const done = await putChunk(resumed, range, bytes.slice(CHUNK));
  assert.equal(done.status, 200);
  assert.ok((await getMedia(second, "late")).equals(bytes));
  const newer = readRecord(await (await putMedia(second, "object")).json());
  assert.ok(Number(newer["generation"]) > Number(before["generation"]));
  await second.stop("SIGTERM");
});

test("bytes that no row names are removed at the next start", async (t) => {
  const DATA_DIR = await makeFolder(t);
  const first = await serve(t, { DATA_DIR });
  await putMedia(first, "object", "kept");
  await first.stop("SIGKILL");
  await writeFile(join(DATA_DIR, "blobs", "00", "00-orphan"), "half an upload");
  const second = await serve(t, { DATA_DIR });
  const entries = await readdir(join(DATA_DIR, "blobs"), { recursive: true, withFileTypes: true });
  assert.equal(entries.filter((entry) => entry.isFile()).length, 1);
  assert.equal(String(await getMedia(second, "object")), "kept");
});

test("/healthz says that no write works", async (t) => {
  const DATA_DIR = await makeFolder(t);
  const { url } = await serve(t, { DATA_DIR });
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
  await rm(join(DATA_DIR, "blobs"), { recursive: true });
  const response = await fetch(`${url}/healthz`);
  assert.equal(response.status, 503);
  assert.match(await response.text(), /No write works: ENOENT/);
});

test("SIGTERM finishes what is under way and exits with 0", async (t) => {
  const emulator = await serve(t);
  const session = await startSession(emulator);
  const socket = await sendPart(session, {
    range: `0-${CHUNK - 1}/${CHUNK}`,
    length: CHUNK,
    part: bytesOf(CHUNK / 2),
  });
  const answer = once(socket, "data");
  const ended = emulator.stop("SIGTERM");
  socket.write(bytesOf(CHUNK / 2));
  assert.match(String((await answer)[0]), /^HTTP\/1\.1 200 /);
  assert.equal(await ended, 0);
});

test("SIGTERM does not wait for the delay of a request whose client is gone", {
  timeout: 45_000,
}, async (t) => {
  const emulator = await serve(t);
  const path = "/_local/faults";
  const fault = { match: { path: "^/storage" }, action: { delayMs: 60_000 } };
  await emulator.control("POST", path, fault);
  const client = new AbortController();
  const asked = fetch(`${emulator.url}/storage/v1/b/tintype-raw/o`, { signal: client.signal });
  await eventually(
    "the fault to happen",
    async () => !JSON.stringify(await emulator.control("GET", path)).includes("60000"),
  );
  client.abort();
  await assert.rejects(asked);
  assert.equal(await emulator.stop("SIGTERM"), 0);
});

test("a raw object and an erasure request leave a notification in the same transaction, others none", async (t) => {
  const emulator = await serve(t);
  const waiting = async () =>
    Number(readRecord(await emulator.control("GET", "/_local/notifications"))["waiting"]);
  assert.equal(await waiting(), 0);
  await putMedia(emulator, "one");
  assert.equal(await waiting(), 1);
  await putMedia(emulator, "one", "refused", { ifGenerationMatch: "0" });
  assert.equal(await waiting(), 1);
  const counts = { processed: 1, certificates: 1, config: 1, erasures: 2 };
  for (const [store, expected] of Object.entries(counts)) {
    const path = `/upload/storage/v1/b/tintype-${store}/o?uploadType=media&name=one`;
    await fetch(emulator.url + path, { method: "POST", body: "x" });
    assert.equal(await waiting(), expected, store);
  }
});

test("a notification that nobody took outlives a kill, and is published then", async (t) => {
  const DATA_DIR = await makeFolder(t);
  const first = await serve(t, { DATA_DIR });
  await putMedia(first, "object");
  await first.stop("SIGKILL");
  const { url: PUBSUB_URL, broker } = await startApi(t);
  const second = await serve(t, { DATA_DIR, PUBSUB_URL });
  await eventually("published", async () => {
    const { waiting } = readRecord(await second.control("GET", "/_local/notifications"));
    return waiting === 0;
  });
  const [events] = broker.subscriptionsOf(EVENTS_TOPIC).map((each) => broker.status(each));
  assert.equal((events?.queued ?? 0) + (events?.delivering ?? 0), 1);
});

test("it knows the keys of its identities file, and logs no signature and no session", async (t) => {
  const folder = await makeFolder(t);
  const IDENTITIES = join(folder, "identities.json");
  const email = "edge@tintype-local.iam.gserviceaccount.com";
  await writeFile(IDENTITIES, JSON.stringify({ hmacKeys: [{ ...HMAC_KEY, email }], rsaKeys: [] }));
  const emulator = await serve(t, { IDENTITIES });
  const headers = { "x-goog-resumable": "start" };
  const started = await signedFetch(emulator, { method: "POST", object: "object", headers });
  assert.equal(started.status, 201);
  const session = started.headers.get("location") ?? "";
  assert.equal((await putChunk(session, "0-9/10", bytesOf(10))).status, 200);
  await emulator.stop("SIGTERM");
  const log = emulator.lines.map((line) => JSON.stringify(line)).join("\n");
  assert.match(log, /"event":"request"/);
  assert.doesNotMatch(log, /signature|upload_id|secret/i);
});

test("a port in use is one clear line and an exit of 1", async (t) => {
  const { port: PORT } = new URL((await serve(t)).url);
  const second = startProgram(["local/storage/serve.ts"], { PORT, DATA_DIR: await makeFolder(t) });
  assert.equal(await second.ended, 1);
  assert.match(second.errors(), /^Cannot start storage: listen EADDRINUSE.*\n$/);
});
