import { sleep } from "@tintype/gcs/signals";
import type { Image } from "../images.ts";
import { type ItemProblem, itemProblemOf, type QueueEntry } from "./queue_item.ts";

/** What becomes of those that stand in the line. */
interface WaitingLineOptions {
  /** Calls at the same time: each keeps a connection, of which HTTP/1.1 has six. */
  readonly waiters: number;
  readonly onSettled: (entry: QueueEntry, image: Image) => void;
  readonly onProblem: (entry: QueueEntry, problem: ItemProblem) => void;
}

/** What a call says of an entry: its state, or why there is none. */
type Answer = readonly [entry: QueueEntry, image: Image | ItemProblem];

/** Images of a call at most. */
const MOST = 50;
/** How long a call waits before others have their turn. */
const WAIT_SECONDS = 8;
/** Between two calls, so that an edge that answers at once is not asked without end. */
const PAUSE_MS = 250;

/** Waits for images until they are ready or refused: many by one call, a few by a call each, which is answered sooner. */
export class WaitingLine {
  readonly #options: WaitingLineOptions;
  readonly #entries: QueueEntry[] = [];
  readonly #ending = new AbortController();
  #waiters = 0;

  constructor(options: WaitingLineOptions) {
    this.#options = options;
  }

  /** Puts an entry that the store has at the end of the line. */
  add(entry: QueueEntry): void {
    this.#entries.push(entry);
    if (this.#waiters >= this.#options.waiters || this.#ending.signal.aborted) return;
    this.#waiters++;
    void this.#wait().catch(() => undefined).finally(() => this.#waiters--); // only the end is thrown
  }

  /** Waits for nothing more. */
  stop(): void {
    this.#ending.abort();
  }

  async #wait(): Promise<void> {
    const { onSettled, onProblem, waiters } = this.#options;
    while (this.#entries.length > 0) {
      const share = Math.min(MOST, Math.ceil(this.#entries.length / waiters));
      const some = this.#entries.splice(0, share).filter(({ isGone }) => !isGone);
      if (some.length === 0) continue;
      const answers = await ask(some, this.#ending.signal).catch((error: unknown): Answer[] => {
        if (this.#ending.signal.aborted) throw error;
        return some.map((entry) => [entry, itemProblemOf(error)]);
      });
      let isMoved = false;
      for (const [entry, answer] of answers) {
        const isLater = "code" in answer ? answer.status === 503 : answer.status === "processing";
        if (entry.isGone) continue;
        if (isLater) this.#entries.push(entry);
        else if ("code" in answer) onProblem(entry, answer);
        else onSettled(entry, answer);
        isMoved ||= !isLater;
      }
      if (!isMoved) await sleep(PAUSE_MS, this.#ending.signal);
    }
  }
}

async function ask(some: readonly QueueEntry[], signal: AbortSignal): Promise<Answer[]> {
  const [first] = some;
  if (first === undefined) return [];
  const options = { wait: WAIT_SECONDS, signal };
  const ids = some.map(({ item }) => item.imageId ?? "");
  if (some.length === 1) return [[first, await first.calls.images.get(ids[0] ?? "", options)]];
  const { images } = await first.calls.images.states(ids, options);
  const byId = new Map(images.map((each) => [each.imageId, each]));
  return some.map((entry) => {
    const found = byId.get(entry.item.imageId ?? "");
    if (found === undefined) return [entry, { status: 503, code: "unavailable", detail: "" }];
    return [entry, "problem" in found ? { ...found.problem, status: found.status } : found];
  });
}
