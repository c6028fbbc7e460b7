import assert from "node:assert/strict";
import { test } from "node:test";
import {
  connectionLost,
  fileOf,
  incomplete,
  MULTIPLE,
  QUICK_RETRY,
  readSent,
  type Sent,
} from "./_testing.ts";
import { ChunkSize } from "./chunk_size.ts";
import { sendToSession } from "./resumable_session.ts";
import { partsOf } from "./upload_source.ts";

/** Numbers from 0 to 1 that are the same for the same seed (a linear congruence). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => (state = Math.imul(state, 1_664_525) + 1_013_904_223 >>> 0) / 2 ** 32;
}

/** A session by the rules of Cloud Storage whose connections break, whose chunks are held in part, whose replies get lost. */
class UnreliableSession {
  readonly #random: () => number;
  readonly #total: number;
  readonly #held: Uint8Array[] = [];
  readonly violations: string[] = [];
  heldBytes = 0;
  faults = 0;
  isComplete = false;

  constructor(total: number, random: () => number) {
    this.#total = total;
    this.#random = random;
  }

  get content(): Blob {
    return new Blob(this.#held.map((part) => part.slice()));
  }

  answer(sent: Sent): Response {
    const fault = this.#random();
    if (fault < 0.15) return this.#fault(() => new Response(null, { status: 503 }));
    if (fault < 0.3) return this.#fault(connectionLost);
    if (sent.body.length > 0) this.#take(sent, fault < 0.45);
    this.isComplete ||= this.heldBytes === this.#total;
    if (fault > 0.85) return this.#fault(connectionLost);
    return this.isComplete ? new Response(null) : incomplete(this.heldBytes);
  }

  #take({ range, body }: Sent, onlyInPart: boolean): void {
    const [start = NaN, end = NaN] = range.match(/\d+/g)?.map(Number) ?? [];
    const isLast = end + 1 === this.#total;
    if (start > this.heldBytes) this.violations.push(`${range} begins beyond ${this.heldBytes}`);
    if (!isLast && body.length % MULTIPLE !== 0) this.violations.push(`${range} is no multiple`);
    if (body.length !== end - start + 1) this.violations.push(`${range} is not its body`);
    const fresh = body.subarray(this.heldBytes - start);
    const taken = onlyInPart ? Math.floor(fresh.length / 2 / MULTIPLE) * MULTIPLE : fresh.length;
    if (onlyInPart) this.faults++;
    this.#held.push(fresh.subarray(0, taken));
    this.heldBytes += taken;
  }

  #fault(answer: () => Response): Response {
    this.faults++;
    return answer();
  }
}

test("sendToSession() brings every byte through any order of faults, and sends at most a chunk more for each", async () => {
  const chunkBytes = 2 * MULTIPLE;
  for (let seed = 1; seed <= 25; seed++) {
    const random = seededRandom(seed);
    const file = fileOf(Math.floor(random() * 6 * MULTIPLE));
    const session = new UnreliableSession(file.size, random);
    let sentBytes = 0;
    const fetcher: typeof fetch = async (input, init) => {
      const sent = await readSent(input, init);
      sentBytes += sent.body.length;
      return session.answer(sent);
    };
    const upload = { url: "http://store.test/session", headers: {}, chunkMultiple: MULTIPLE };
    const retry = { ...QUICK_RETRY, maxAttempts: 50, minDelayMs: 0, maxDelayMs: 0 };
    const chunks = new ChunkSize({ multiple: MULTIPLE, fixedBytes: chunkBytes });
    const outcome = await sendToSession(partsOf(file), upload, { fetcher, retry, chunks });
    assert.equal(outcome, "complete");
    assert.deepEqual(session.violations, [], `seed ${seed}`);
    assert.deepEqual(await session.content.bytes(), await file.bytes(), `seed ${seed}`);
    assert.ok(sentBytes <= file.size * 1.05 + session.faults * chunkBytes, `seed ${seed}`);
  }
});
