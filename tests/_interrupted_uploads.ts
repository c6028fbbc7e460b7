/**
 * Uploads that are interrupted: through the real edge into the local storage, each with troubles of its own, which a
 * seed decides; what each one sent, and what the storage has of it in the end.
 */
import { randomFillSync } from "node:crypto";
import { createClient, type NetworkWatch, type UploadProgress } from "@tintype/client/client";
import { seededRandom } from "@tintype/core/seeded_random";
import type { Edge } from "./_edge.ts";
import type { Fault } from "./_emulator.ts";
import { sha256 } from "./_pictures.ts";

/** What interrupts an upload. */
export type Trouble = "cut" | "lost reply" | "503" | "slow" | "offline";

/** What became of one. */
export interface InterruptedUpload {
  readonly trouble: Trouble;
  readonly imageId: string;
  readonly sha256: string;
  readonly size: number;
  /** All bytes handed to `fetch`, also those that never arrived. */
  readonly sentBytes: number;
  /** The largest body of a request. */
  readonly mostBytes: number;
  /** How often it was interrupted, as the client saw it. */
  readonly interruptions: number;
}

/** How many uploads, and what decides their troubles. */
export interface InterruptedUploadsOptions {
  readonly count: number;
  readonly seed: number;
}

/** Every trouble, in the order in which uploads have them. */
export const TROUBLES: readonly Trouble[] = ["cut", "lost reply", "503", "slow", "offline"];

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

/** Makes `count` uploads of random bytes, several at once. */
export async function uploadInterrupted(
  edge: Edge,
  { count, seed }: InterruptedUploadsOptions,
): Promise<InterruptedUpload[]> {
  const subjects = Array.from({ length: SUBJECTS }, (_, index) => `campaign-${index}`);
  const tokens = await Promise.all(subjects.map((sub) => edge.token(sub)));
  const results: InterruptedUpload[] = [];
  const numbers = Array.from({ length: count }, (_, number) => number).values();
  const worker = async () => {
    for (const number of numbers) {
      const trouble = TROUBLES[number % TROUBLES.length] ?? "cut";
      results[number] = await uploadOne(edge, {
        number,
        trouble,
        tokens,
        random: seededRandom(seed + number),
      });
    }
  };
  await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, worker));
  return results;
}

interface Plan {
  readonly number: number;
  readonly trouble: Trouble;
  readonly random: () => number;
  readonly tokens: readonly string[];
}

async function uploadOne(
  edge: Edge,
  { number, trouble, random, tokens }: Plan,
): Promise<InterruptedUpload> {
  const bytes = new Uint8Array(1 + Math.floor(random() * MOST_CHUNKS * MULTIPLE));
  randomFillSync(bytes);
  const line = new Line(number);
  // Half of them follow the measured speed, whose first chunk takes all of such a file.
  const chunkBytes = random() < 0.5 ? MULTIPLE : undefined;
  const chunks = chunkBytes === undefined ? 1 : Math.ceil(bytes.length / chunkBytes);
  const at = 1 + Math.floor(random() * chunks);
  const partBytes = chunks === 1
    ? bytes.length
    : Math.min(MULTIPLE, bytes.length - (at - 1) * MULTIPLE);
  if (trouble === "offline") line.goesOfflineAt = at;
  else await edge.addFault(faultOf(trouble, { number, at, partBytes, random }));
  const network = random() < 0.5 ? { network: line } : {};
  const client = createClient({
    edge: edge.url,
    token: () => tokens[number % tokens.length] ?? "",
    fetch: line.fetch,
    retry: { ...trouble === "slow" ? RETRY : PATIENT_RETRY, ...network },
    chunkBytes,
  });
  let interruptions = 0;
  const onProgress = ({ state }: UploadProgress) => {
    if (state === "waiting") interruptions++;
  };
  const file = new Blob([bytes], { type: "image/jpeg" });
  const { imageId } = await client.upload(file, { onProgress });
  const { sentBytes, mostBytes } = line;
  return {
    trouble,
    imageId,
    sha256: sha256(bytes),
    size: file.size,
    sentBytes,
    mostBytes,
    interruptions,
  };
}

/** The network of one upload: it numbers its PUTs, counts their bytes, and can be gone for a while. */
class Line implements NetworkWatch {
  readonly #number: number;
  #puts = 0;
  #outage: AbortController | undefined;
  #back: Promise<void> = Promise.resolve();
  goesOfflineAt = 0;
  sentBytes = 0;
  mostBytes = 0;

  constructor(number: number) {
    this.#number = number;
  }

  isOffline(): boolean {
    return this.#outage !== undefined;
  }

  async untilOnline(): Promise<void> {
    await this.#back;
  }

  readonly fetch: typeof fetch = async (input, init = {}) => {
    if (this.isOffline()) throw new TypeError("fetch failed");
    if (init.method !== "PUT") return await fetch(input, init);
    const { body, signal } = init;
    if (body instanceof Blob) this.#count(body.size);
    const put = ++this.#puts;
    const headers = { ...init.headers, "x-put": `${this.#number}/${put}` };
    if (put !== this.goesOfflineAt) return await fetch(input, { ...init, headers });
    const outage = this.#goOffline();
    const signals = [outage.signal, ...(signal instanceof AbortSignal ? [signal] : [])];
    await fetch(input, { ...init, headers, signal: AbortSignal.any(signals) });
    throw new TypeError("fetch failed"); // it was quicker than the outage: its answer is lost
  };

  #count(bytes: number): void {
    this.sentBytes += bytes;
    this.mostBytes = Math.max(this.mostBytes, bytes);
  }

  /** Lets the request begin, then breaks it, and is back later. */
  #goOffline(): AbortController {
    const outage = this.#outage = new AbortController();
    setTimeout(() => outage.abort(new TypeError("fetch failed")), 1);
    this.#back = new Promise((resolve) =>
      setTimeout(() => {
        this.#outage = undefined;
        resolve();
      }, OFFLINE_MS)
    );
    return outage;
  }
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
