/**
 * The client through the real edge into the local storage, interrupted five hundred times: each upload has troubles of its
 * own, which a seed decides.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type NetworkWatch, TintypeClient, type UploadProgress } from "@tintype/client/client";
import { forEachBounded } from "@tintype/core/concurrency";
import { seededRandom } from "@tintype/core/seeded_random";
import { type Edge, openEdge } from "./_edge.ts";
import type { Fault } from "./_emulator.ts";
import { sha256 } from "./_pictures.ts";

const UPLOADS = 500;

let edge: Edge;
before(async () => {
  edge = await openEdge("faults");
});
after(() => edge?.stop());

test(`${UPLOADS} uploads that are cut, unanswered, refused, slow or offline arrive byte for byte, and send little twice`, async () => {
  const seed = Date.now() % 1_000_000;
  const uploads = await uploadInterrupted(seed);
  const stored = await edge.storedDigests();
  assert.equal(stored.size, UPLOADS, `seed ${seed}`);
  for (const upload of uploads) {
    const { imageId, digest, size, sentBytes, mostBytes, interruptions } = upload;
    const what = `seed ${seed}: ${JSON.stringify(upload)}`;
    assert.equal(stored.get(imageId), digest, what);
    assert.ok(sentBytes <= 1.05 * size + interruptions * mostBytes, what);
  }
  for (const trouble of TROUBLES) {
    const those = uploads.filter((upload) => upload.trouble === trouble);
    const interrupted = those.filter(({ interruptions }) => interruptions > 0);
    assert.equal(those.length, UPLOADS / TROUBLES.length);
    assert.equal(interrupted.length, those.length, `seed ${seed}: ${trouble}`);
  }
});

/** What interrupts an upload. */
type Trouble = "cut" | "lost reply" | "503" | "slow" | "offline";

/** Every trouble, in the order in which uploads have them. */
const TROUBLES: readonly Trouble[] = ["cut", "lost reply", "503", "slow", "offline"];

const UPLOADS_AT_ONCE = 16;
const SUBJECTS = 20;
const MULTIPLE = 256 * 1024;
const MOST_CHUNKS = 2;
const SLOW_MS = 3_000;
const OFFLINE_MS = 30;
/** Gives up on a slow request before its answer comes. */
const RETRY = { maxAttempts: 30, minDelayMs: 1, maxDelayMs: 20, timeoutMs: 2_000 };
/** Nothing is slow here but the machine. */
const PATIENT_RETRY = { ...RETRY, timeoutMs: 60_000 };

/** Makes uploads of random bytes, several at once. */
async function uploadInterrupted(seed: number) {
  const subjects = Array.from({ length: SUBJECTS }, (_, index) => `campaign-${index}`);
  const tokens = await Promise.all(subjects.map((sub) => edge.token(sub)));
  const results: Awaited<ReturnType<typeof uploadOne>>[] = [];
  await forEachBounded(Array(UPLOADS).keys(), UPLOADS_AT_ONCE, async (number) => {
    const trouble = TROUBLES[number % TROUBLES.length] ?? "cut";
    const random = seededRandom(seed + number);
    results[number] = await uploadOne({ number, trouble, tokens, random });
  });
  return results;
}

interface Plan {
  readonly number: number;
  readonly trouble: Trouble;
  readonly random: () => number;
  readonly tokens: readonly string[];
}

/** One upload, what of it was sent (also what never arrived), and how often it was interrupted, as the client saw it. */
async function uploadOne({ number, trouble, random, tokens }: Plan) {
  const bytes = new Uint8Array(randomBytes(1 + Math.floor(random() * MOST_CHUNKS * MULTIPLE)));
  // Half of them follow the measured speed, whose first chunk is as long.
  const chunkBytes = random() < 0.5 ? MULTIPLE : undefined;
  const chunks = Math.ceil(bytes.length / MULTIPLE);
  const at = 1 + Math.floor(random() * chunks);
  const partBytes = Math.min(MULTIPLE, bytes.length - (at - 1) * MULTIPLE);
  const isOffline = trouble === "offline";
  if (!isOffline) await edge.addFault(faultOf(trouble, { number, at, partBytes, random }));
  const network = networkOf(number, isOffline ? at : undefined);
  const isWatched = random() < 0.5;
  const client = new TintypeClient({
    edge: edge.url,
    token: () => tokens[number % tokens.length] ?? "",
    fetch: network.fetch,
    retry: {
      ...trouble === "slow" ? RETRY : PATIENT_RETRY,
      ...isWatched ? { network: network.watch } : {},
    },
    chunkBytes,
  });
  let interruptions = 0;
  const onProgress = ({ state }: UploadProgress) => {
    if (state === "waiting") interruptions++;
  };
  const file = new Blob([bytes], { type: "image/jpeg" });
  const { imageId } = await client.upload(file, { onProgress });
  const { bytes: sentBytes, most: mostBytes } = network.sent;
  const digest = sha256(bytes);
  return { trouble, imageId, digest, size: file.size, sentBytes, mostBytes, interruptions };
}

/** The network of one upload: it numbers its PUTs, counts their bytes, and is gone for a while from one of them on. */
function networkOf(upload: number, goesOfflineAt: number | undefined) {
  const sent = { bytes: 0, most: 0 };
  let puts = 0;
  let outage: AbortController | undefined;
  let back: Promise<void> = Promise.resolve();
  /** Lets the request begin, then breaks it, and is back later. */
  const goOffline = () => {
    const broken = outage = new AbortController();
    setTimeout(() => broken.abort(new TypeError("fetch failed")), 1);
    back = sleep(OFFLINE_MS).then(() => void (outage = undefined));
    return broken.signal;
  };
  const watch: NetworkWatch = {
    isOffline: () => outage !== undefined,
    untilOnline: () => back,
  };
  const fetchThrough: typeof fetch = async (input, init = {}) => {
    if (outage !== undefined) throw new TypeError("fetch failed");
    // Only the storage is slow on purpose: a busy edge has all its time.
    if (init.method !== "PUT") return await fetch(input, { ...init, signal: null });
    const { body, signal } = init;
    const size = body instanceof Blob ? body.size : 0;
    Object.assign(sent, { bytes: sent.bytes + size, most: Math.max(sent.most, size) });
    const put = ++puts;
    const headers = { ...init.headers, "x-put": `${upload}/${put}` };
    if (put !== goesOfflineAt) return await fetch(input, { ...init, headers });
    const signals = [goOffline(), ...(signal instanceof AbortSignal ? [signal] : [])];
    await fetch(input, { ...init, headers, signal: AbortSignal.any(signals) });
    throw new TypeError("fetch failed"); // it was quicker than the outage: its answer is lost
  };
  return { watch, fetch: fetchThrough, sent };
}

/** What a fault happens to. */
interface FaultPlan extends Pick<Plan, "number" | "random"> {
  /** The PUT, from 1; and how many bytes that one brings. */
  readonly at: number;
  readonly partBytes: number;
}

function faultOf(
  trouble: Exclude<Trouble, "offline">,
  { number, at, partBytes, random }: FaultPlan,
): Fault {
  const times = trouble === "slow" ? 1 : 1 + Math.floor(random() * 3);
  const puts = Array.from({ length: times }, (_, later) => at + later).join("|");
  const actions = {
    "cut": { cutAfterBytes: Math.floor(random() * partBytes) },
    "lost reply": { dropReply: true },
    "503": { status: 503 },
    "slow": { delayMs: SLOW_MS },
  } as const;
  const match = { method: "PUT", header: `x-put: ^${number}/(${puts})$` };
  return { match, times, action: actions[trouble] };
}
