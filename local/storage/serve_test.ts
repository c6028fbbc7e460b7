import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  bytesOf,
  CHUNK,
  getMedia,
  getResource,
  HMAC_KEY,
  makeFolder,
  putChunk,
  putMedia,
  readRecord,
  sendPart,
  signedFetch,
  startSession,
  waitForHeld,
} from "./_fixture.ts";

const SERVE = new URL("serve.ts", import.meta.url).pathname;

interface Served {
  readonly child: ChildProcess;
  readonly url: string;
  readonly lines: string[];
}

async function serve(
  t: TestContext,
  dataDir: string,
  env: Record<string, string> = {},
): Promise<Served> {
  const nowhere = "http://127.0.0.1:9";
  const child = spawn(process.execPath, [SERVE], {
    env: { PORT: "0", DATA_DIR: dataDir, ISSUER_URL: nowhere, PROCESSOR_URL: nowhere, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const lines: string[] = [];
  const reader = createInterface(child.stdout);
  const first = once(reader, "line");
  reader.on("line", (line) => lines.push(line));
  const { event, part, url } = readRecord(JSON.parse(String((await first)[0])));
  assert.deepEqual([event, part], ["listening", "storage"]);
  return { child, url: String(url), lines };
}

async function kill(child: ChildProcess, signal: "SIGKILL" | "SIGTERM"): Promise<unknown> {
  const exit = once(child, "exit");
  child.kill(signal);
  const [code] = await exit;
  return code;
}

test("kill -9 loses nothing that was acknowledged", async (t) => {
  const dataDir = await makeFolder(t);
  const first = await serve(t, dataDir);
  const bytes = bytesOf(3 * CHUNK);
  const total = bytes.length;
  assert.equal((await putMedia(first, "object", bytes)).status, 200);
  const before = await getResource(first, "object");
  const session = await startSession(first, { name: "late" });
  await putChunk(session, `bytes 0-${CHUNK - 1}/${total}`, { body: bytes.slice(0, CHUNK) });
  const range = `bytes ${CHUNK}-${total - 1}/${total}`;
  const length = total - CHUNK;
  const part = bytes.subarray(CHUNK, 2 * CHUNK + 7);
  const socket = await sendPart(session, { range, length, part });
  socket.on("error", () => {});
  await waitForHeld(session, 2 * CHUNK);
  await kill(first.child, "SIGKILL");

  const second = await serve(t, dataDir);
  const after = await getResource(second, "object");
  assert.deepEqual(
    { ...after, selfLink: "", mediaLink: "" },
    { ...before, selfLink: "", mediaLink: "" },
  );
  assert.ok((await getMedia(second, "object")).equals(bytes));
  const resumed = session.replace(first.url, second.url);
  const held = await putChunk(resumed, "bytes */*");
  assert.equal(held.headers.get("range"), `bytes=0-${CHUNK - 1}`);
  const done = await putChunk(resumed, range, { body: bytes.slice(CHUNK) });
  assert.equal(done.status, 200);
  assert.ok((await getMedia(second, "late")).equals(bytes));
  const newer = readRecord(await (await putMedia(second, "object")).json());
  assert.ok(Number(newer["generation"]) > Number(before["generation"]));
  await kill(second.child, "SIGTERM");
});

test("bytes that no row names are removed at the next start", async (t) => {
  const dataDir = await makeFolder(t);
  const first = await serve(t, dataDir);
  await putMedia(first, "object", "kept");
  await kill(first.child, "SIGKILL");
  await writeFile(join(dataDir, "blobs", "00", "00-orphan"), "half an upload");
  const second = await serve(t, dataDir);
  const entries = await readdir(join(dataDir, "blobs"), { recursive: true, withFileTypes: true });
  assert.equal(entries.filter((entry) => entry.isFile()).length, 1);
  assert.equal(String(await getMedia(second, "object")), "kept");
});

test("SIGTERM finishes what is under way and exits with 0", async (t) => {
  const { child, url } = await serve(t, await makeFolder(t));
  const session = await startSession({ url });
  const socket = await sendPart(session, {
    range: `bytes 0-${CHUNK - 1}/${CHUNK}`,
    length: CHUNK,
    part: bytesOf(CHUNK / 2),
  });
  const answer = once(socket, "data");
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  socket.write(bytesOf(CHUNK / 2));
  assert.match(String((await answer)[0]), /^HTTP\/1\.1 200 /);
  assert.deepEqual((await exit)[0], 0);
});

test("SIGTERM does not wait for the delay of a request whose client is gone", {
  timeout: 45_000,
}, async (t) => {
  const { child, url } = await serve(t, await makeFolder(t));
  const faults = `${url}/_local/faults`;
  const fault = { match: { path: "^/storage" }, action: { delayMs: 60_000 } };
  await fetch(faults, { method: "POST", body: JSON.stringify(fault) });
  const client = new AbortController();
  const asked = fetch(`${url}/storage/v1/b/tintype-raw/o`, { signal: client.signal });
  while ((await (await fetch(faults)).text()).includes("60000")) await sleep(20);
  client.abort();
  await assert.rejects(asked);
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  assert.deepEqual((await exit)[0], 0);
});

test("a raw object leaves a notification in the same transaction, others none", async (t) => {
  const { url } = await serve(t, await makeFolder(t));
  const queued = async () => {
    const { queued, delivering } = readRecord(await (await fetch(`${url}/_local/push`)).json());
    return Number(queued) + Number(delivering);
  };
  assert.equal(await queued(), 0);
  await putMedia({ url }, "one");
  assert.equal(await queued(), 1);
  await putMedia({ url }, "one", "refused", { ifGenerationMatch: "0" });
  assert.equal(await queued(), 1);
  const path = "/upload/storage/v1/b/tintype-processed/o?uploadType=media&name=one";
  await fetch(url + path, { method: "POST", body: "x" });
  assert.equal(await queued(), 1);
});

test("it knows the keys of its identities file, and logs no signature and no session", async (t) => {
  const folder = await makeFolder(t);
  const IDENTITIES = join(folder, "identities.json");
  const email = "edge@tintype-local.iam.gserviceaccount.com";
  await writeFile(IDENTITIES, JSON.stringify({ hmacKeys: [{ ...HMAC_KEY, email }], rsaKeys: [] }));
  const served = await serve(t, join(folder, "data"), { IDENTITIES });
  const headers = { "x-goog-resumable": "start" };
  const started = await signedFetch(served, { method: "POST", object: "object", headers });
  assert.equal(started.status, 201);
  const session = started.headers.get("location") ?? "";
  assert.equal((await putChunk(session, "bytes 0-9/10", { body: bytesOf(10) })).status, 200);
  await kill(served.child, "SIGTERM");
  const log = served.lines.join("\n");
  assert.match(log, /"event":"request"/);
  assert.doesNotMatch(log, /signature|upload_id|secret/i);
});

test("a port in use is one clear line and an exit of 1", async (t) => {
  const { url } = await serve(t, await makeFolder(t));
  const child = spawn(process.execPath, [SERVE], {
    env: { PORT: new URL(url).port, DATA_DIR: await makeFolder(t) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const lines = await child.stderr.toArray();
  assert.match(Buffer.concat(lines).toString(), /^Cannot start storage: listen EADDRINUSE.*\n$/);
  assert.equal(child.exitCode ?? (await once(child, "exit"))[0], 1);
});
