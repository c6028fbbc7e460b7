import type { Client, Image } from "@tintype/client/client";
import { type ItemProblem, problemOf, type QueueEntry } from "./queue_item.ts";

/** What becomes of those that stand in the line. */
interface DevelopingLineOptions {
  readonly client: Pick<Client, "waitUntilReady">;
  readonly onSettled: (entry: QueueEntry, image: Image) => void;
  readonly onProblem: (entry: QueueEntry, problem: ItemProblem) => void;
}

/** Pictures that are waited for at the same time: each keeps a connection, of which HTTP/1.1 has six. */
const WAITERS = 2;
/** How long one is waited for before the next one has its turn, in milliseconds. */
const WAIT_MS = 8_000;

/** Waits for pictures until they are developed, in turns. */
export class DevelopingLine {
  readonly #options: DevelopingLineOptions;
  readonly #entries: QueueEntry[] = [];
  #waiters = 0;
  #isStopped = false;

  constructor(options: DevelopingLineOptions) {
    this.#options = options;
  }

  /** Puts a picture that the store has at the end of the line. */
  add(entry: QueueEntry): void {
    this.#entries.push(entry);
    if (this.#waiters >= WAITERS) return;
    this.#waiters++;
    void this.#wait();
  }

  /** Waits for nothing more. */
  stop(): void {
    this.#isStopped = true;
  }

  async #wait(): Promise<void> {
    for (let entry = this.#entries.shift(); entry; entry = this.#entries.shift()) {
      if (entry.isGone || this.#isStopped || entry.imageId === undefined) continue;
      try {
        const options = { timeoutMs: WAIT_MS };
        const image = await this.#options.client.waitUntilReady(entry.imageId, options);
        if (!entry.isGone) this.#options.onSettled(entry, image);
      } catch (error) {
        if (entry.isGone) continue;
        const problem = problemOf(error);
        if (problem.code === "timeout") this.#entries.push(entry);
        else this.#options.onProblem(entry, problem);
      }
    }
    this.#waiters--;
  }
}
