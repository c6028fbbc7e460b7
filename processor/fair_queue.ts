import { isAppError } from "@tintype/core/errors";
import { type Claim, FairShare, type FairShareOptions } from "@tintype/core/fairness/fair_share";

/** What is shared, and how long a claim may wait, in milliseconds. */
export interface FairQueueOptions extends FairShareOptions {
  readonly maxWaitMs: number;
}

/** What became of work: it ran, belongs into its key's slow lane, or must come again. */
export type Outcome = "done" | "divert" | "refuse";

/** A claim whose request waits. */
interface Waiting extends Claim {
  readonly start: () => void;
}

/** Lets work wait inside its request for a fair share of the slots, so that a burst costs none of its attempts. */
export class FairQueue {
  readonly #share: FairShare<Waiting>;
  readonly #options: FairQueueOptions;

  constructor(options: FairQueueOptions) {
    this.#options = options;
    this.#share = new FairShare(options);
  }

  /** Claims that run or wait. */
  get size(): number {
    return this.#share.size;
  }

  /**
   * Runs the work once its key gets a slot, and reports how long that took, in milliseconds. Work that throws
   * `rate_limited` found no place further on, so it is diverted or refused as well.
   */
  async run(claim: Claim, work: (waitedMs: number) => Promise<void>): Promise<Outcome> {
    const over = claim.isSlow ? "refuse" : "divert";
    const sinceMs = this.#options.clock.now();
    const slot = await this.#enter(claim);
    if (slot === "refuse" || slot === "divert") return slot;
    if (slot === "late") return over;
    try {
      await work(this.#options.clock.now() - sinceMs);
      return "done";
    } catch (error) {
      if (isAppError(error, "rate_limited")) return over;
      throw error;
    } finally {
      this.#share.release(slot);
      this.#startNext();
    }
  }

  async #enter(claim: Claim): Promise<Waiting | "divert" | "refuse" | "late"> {
    const place = Promise.withResolvers<"late" | Waiting>();
    const waiting: Waiting = { ...claim, start: () => place.resolve(waiting) };
    const verdict = this.#share.admit(waiting);
    if (verdict !== "admitted") return verdict;
    this.#startNext();
    const timer = setTimeout(() => {
      if (this.#share.withdraw(waiting)) place.resolve("late");
    }, this.#options.maxWaitMs);
    return await place.promise.finally(() => clearTimeout(timer));
  }

  #startNext(): void {
    for (let next = this.#share.next(); next !== undefined; next = this.#share.next()) {
      next.start();
    }
  }
}
