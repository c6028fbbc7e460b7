/** The client against the local storage: real sessions, real connections that break, every byte there in the end. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { type ClientOptions, createClient } from "@tintype/client/client";
import { UploadError } from "@tintype/client/problem";
import { type LocalFault, type LocalStorage, startLocalStorage } from "./_local_storage.ts";

const EDGE = "http://edge.test";
const MULTIPLE = 256 * 1024;
const CHUNK = 4 * MULTIPLE;
const RETRY = { maxAttempts: 8, minDelayMs: 5, maxDelayMs: 50, timeoutMs: 10_000 };
/** A request that brings bytes, not a status query. */
const BYTES = { method: "PUT", path: "upload_id=", header: String.raw`content-range: ^bytes \d` };

let storage: LocalStorage;
before(async () => {
  storage = await startLocalStorage();
});
after(() => storage.stop());

/** What an upload sent to its sessions. */
interface Traffic {
  /** `Content-Range` of each PUT, in order. */
  readonly ranges: string[];
  readonly methods: string[];
  /** All bytes handed to `fetch`, also those that a cut kept from arriving. */
  bytes: number;
  sessions: number;
}

/** A client whose edge starts sessions of the storage and tells of images as the storage has them. */
function clientOf(options: Partial<ClientOptions> = {}) {
  const traffic: Traffic = { ranges: [], methods: [], bytes: 0, sessions: 0 };
  const fetcher: typeof fetch = async (input, init = {}) => {
    const { method = "GET", headers, body } = init;
    if (String(input).startsWith(EDGE)) return await edge(new URL(String(input)), init, traffic);
    traffic.methods.push(method);
    if (method === "PUT") traffic.ranges.push(new Headers(headers).get("content-range") ?? "");
    if (body instanceof Blob) traffic.bytes += body.size;
    return await fetch(input, init);
  };
  const all = { edge: EDGE, token: () => "t", fetch: fetcher, retry: RETRY, chunkBytes: CHUNK };
  return { client: createClient({ ...all, ...options }), traffic };
}

async function edge({ pathname }: URL, { body }: RequestInit, traffic: Traffic): Promise<Response> {
  if (pathname !== "/v1/uploads") {
    const imageId = pathname.split("/").at(-1) ?? "";
    const stored = await storage.read(`wire/${imageId}`);
    if (stored === undefined) return Response.json({}, { status: 404 });
    return Response.json({ imageId, status: "processing", bytes: stored.length });
  }
  const { imageId, contentType, sha256 } = JSON.parse(String(body));
  const start = await storage.signedFetch({
    method: "POST",
    object: `wire/${imageId}`,
    headers: {
      "x-goog-resumable": "start",
      "x-goog-if-generation-match": "0",
      "content-type": contentType,
      "x-goog-meta-sha256": sha256,
    },
  });
  assert.equal(start.status, 201);
  traffic.sessions++;
  const url = start.headers.get("location");
  const upload = { url, headers: {}, chunkMultiple: MULTIPLE };
  return Response.json({ imageId, upload }, { status: 201 });
}

async function storedSha256(imageId: string): Promise<string> {
  const stored = await storage.read(`wire/${imageId}`);
  assert.ok(stored !== undefined);
  return sha256(stored);
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Uploads `size` random bytes past the faults; all of them must have happened and every byte be there. */
async function uploadPast(faults: readonly LocalFault[], size: number) {
  const bytes = new Uint8Array(randomBytes(size));
  await storage.setFaults(faults);
  const { client, traffic } = clientOf();
  const progress: number[] = [];
  const file = new Blob([bytes], { type: "image/jpeg" });
  const { imageId } = await client.upload(file, {
    onProgress: ({ heldBytes }) => progress.push(heldBytes),
  });
  assert.equal(await storage.faultsLeft(), 0);
  assert.equal(await storedSha256(imageId), sha256(bytes));
  const faultCount = faults.reduce((sum, { times }) => sum + times, 0);
  assert.ok(traffic.bytes <= 1.05 * size + faultCount * CHUNK, `sent ${traffic.bytes} of ${size}`);
  assert.deepEqual(progress, progress.toSorted((a, b) => a - b));
  assert.equal(progress.at(-1), size);
  assert.equal(traffic.sessions, 1);
  return traffic;
}

/** Offsets at which the PUTs that brought bytes began. */
function starts(traffic: Traffic): number[] {
  return traffic.ranges.flatMap((range) => /^bytes (\d+)-/.exec(range)?.[1] ?? []).map(Number);
}

function queries(traffic: Traffic): number {
  return traffic.ranges.filter((range) => range.startsWith("bytes */")).length;
}

test("upload() that is cut five times in the middle resumes from the held offset", async () => {
  const inTheMiddle = String.raw`content-range: ^bytes \d{7}-`;
  const cut = { cutAfterBytes: MULTIPLE + 1_000 };
  const faults = [{ match: { ...BYTES, header: inTheMiddle }, times: 5, action: cut }];
  const traffic = await uploadPast(faults, 8 * CHUNK + 12_345);
  assert.equal(queries(traffic), 5);
  const offsets = Array.from({ length: 6 }, (_, cuts) => CHUNK + cuts * MULTIPLE);
  assert.deepEqual(starts(traffic).slice(0, 8), [0, ...offsets, CHUNK * 2 + 5 * MULTIPLE]);
});

test("upload() that is cut before a byte was held sends that chunk again", async () => {
  const faults = [{ match: BYTES, times: 2, action: { cutAfterBytes: 1_000 } }];
  const traffic = await uploadPast(faults, 2 * CHUNK);
  assert.deepEqual(starts(traffic), [0, 0, 0, CHUNK]);
});

test("upload() recognises success when the last reply was lost, and sends nothing again", async () => {
  const size = 2 * CHUNK + 77;
  const last = { ...BYTES, header: `content-range: -${size - 1}/` };
  const faults = [{ match: last, times: 1, action: { dropReply: true } }] as const;
  const traffic = await uploadPast(faults, size);
  assert.equal(traffic.bytes, size);
  assert.equal(traffic.ranges.at(-1), `bytes */${size}`);
});

test("upload() sends nothing again when another reply was lost", async () => {
  const faults = [{ match: BYTES, times: 2, action: { dropReply: true } }] as const;
  const traffic = await uploadPast(faults, 3 * CHUNK);
  assert.equal(traffic.bytes, 3 * CHUNK);
});

test("upload() gets through 503s, to chunks and to status queries", async () => {
  const faults = [
    { match: BYTES, times: 3, action: { status: 503 } },
    { match: { header: String.raw`content-range: ^bytes \*` }, times: 3, action: { status: 503 } },
  ];
  const traffic = await uploadPast(faults, 2 * CHUNK + 5);
  assert.equal(queries(traffic), 6);
});

test("upload() brings an empty file and one of exactly a chunk", async () => {
  await uploadPast([], 0);
  const traffic = await uploadPast([], CHUNK);
  assert.deepEqual(traffic.ranges, [`bytes 0-${CHUNK - 1}/${CHUNK}`]);
});

test("upload() that is aborted ends its session, and nothing is stored", async () => {
  await storage.setFaults([]);
  const controller = new AbortController();
  const reason = new Error("changed my mind");
  const { client, traffic } = clientOf();
  const imageId = crypto.randomUUID();
  const upload = client.upload(new Blob([randomBytes(4 * CHUNK)], { type: "image/jpeg" }), {
    imageId,
    signal: controller.signal,
    onProgress: ({ heldBytes }) => heldBytes > 0 && controller.abort(reason),
  });
  await assert.rejects(upload, reason);
  assert.equal(traffic.methods.at(-1), "DELETE");
  assert.equal(await storage.read(`wire/${imageId}`), undefined);
});

test("upload() starts a new session of the same image where its session is gone", async () => {
  const gone = { match: { ...BYTES, header: `content-range: ^bytes ${CHUNK}-` }, times: 1 };
  await storage.setFaults([{ ...gone, action: { status: 410 } }]);
  const { client, traffic } = clientOf();
  const bytes = new Uint8Array(randomBytes(2 * CHUNK));
  const { imageId } = await client.upload(new Blob([bytes], { type: "image/jpeg" }));
  assert.equal(traffic.sessions, 2);
  assert.equal(await storedSha256(imageId), sha256(bytes));
});

test("upload() under a name that is taken is success for the same file, a conflict for another", async () => {
  await storage.setFaults([]);
  const { client } = clientOf();
  const file = new Blob([randomBytes(CHUNK)], { type: "image/jpeg" });
  const { imageId } = await client.upload(file);
  assert.deepEqual(await client.upload(file, { imageId }), { imageId });
  const other = new Blob([randomBytes(1_000)], { type: "image/jpeg" });
  await assert.rejects(
    client.upload(other, { imageId }),
    (error) => error instanceof UploadError && error.problem.code === "conflict",
  );
});
