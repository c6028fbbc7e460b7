import type { Partition } from "./partition.ts";

/** Counts the bytes that one partition holds, and pauses and resumes its fetching by them. */
export class FetchControl {
  readonly #partition: Partition;
  #heldBytes = 0;
  #isPaused = false;
  #isStopped = false;

  constructor(partition: Partition) {
    this.#partition = partition;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Whether nothing more is fetched under this lease. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Fetches nothing more under this lease. */
  stop(): void {
    this.#isStopped = true;
    this.pauseOrResume();
  }

  hold(bytes: number): void {
    this.#heldBytes += bytes;
    this.#partition.ports.budget.take(bytes);
  }

  release(bytes: number): void {
    this.#heldBytes -= bytes;
    this.#partition.ports.budget.giveBack(bytes);
    if (this.#isPaused) this.pauseOrResume();
  }

  /** Stops or starts the fetching by what is held and free. */
  pauseOrResume(): void {
    const { lease, stopping, ports: { budget, circuit } } = this.#partition;
    if (lease.ended.aborted) return;
    const isSpent = stopping.aborted || this.#isStopped ||
      (circuit.isOpen ? this.#heldBytes > 0 : budget.isSpent(this.#heldBytes));
    if (!this.#isPaused && isSpent) {
      this.#isPaused = true;
      lease.pause();
    } else if (this.#isPaused && !isSpent && budget.isBelowLowWater(this.#heldBytes)) {
      this.#isPaused = false;
      lease.resume();
    }
  }
}
