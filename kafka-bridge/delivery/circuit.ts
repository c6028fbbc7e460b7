import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

/** What a circuit is made of; times in milliseconds. */
interface CircuitOptions {
  /** So many different records that failed in a row, with no success between them, open it. */
  readonly failuresToOpen: number;
  readonly minProbeMs: number;
  readonly maxProbeMs: number;
  /** Called when it opens and when it closes. */
  readonly onChange: (isOpen: boolean) => void;
}

/**
 * Keeps attempts from a store that takes nothing. While it is open one waiting record at a time is let through, in turn,
 * at growing intervals; the first success closes it for all.
 */
export class Circuit {
  readonly #options: CircuitOptions;
  /** What failed since the last success; a record that is refused for ever counts once. */
  readonly #failed = new Set<string>();
  #isOpen = false;
  #probeMs = 0;
  #setAtMs = 0;
  #turn: Promise<void> = Promise.resolve();
  #closed = Promise.withResolvers<void>();

  constructor(options: CircuitOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Resolves when an attempt may be made: at once while it is closed, else in turn. Ends early with `stopping`. */
  async pass(stopping: AbortSignal): Promise<void> {
    if (!this.#isOpen || stopping.aborted) return;
    const before = this.#turn;
    const turn = Promise.withResolvers<void>();
    this.#turn = turn.promise;
    const over = new AbortController();
    const signal = AbortSignal.any([stopping, over.signal]);
    await Promise.race([before, once(signal, "abort")]);
    if (this.#isOpen && !stopping.aborted) {
      const probeTime = sleep(this.#probeMs, undefined, { signal }).catch(() => undefined);
      await Promise.race([probeTime, this.#closed.promise]);
    }
    over.abort();
    turn.resolve();
  }

  /** An attempt for the record at `place` failed. */
  failed(place: string): void {
    const { failuresToOpen, minProbeMs, maxProbeMs, onChange } = this.#options;
    this.#failed.add(place);
    if (this.#isOpen) {
      // Attempts that were under way when it opened fail at once: they are no probes.
      if (performance.now() - this.#setAtMs < this.#probeMs) return;
      this.#setProbe(Math.min(maxProbeMs, 2 * this.#probeMs));
      return;
    }
    if (this.#failed.size < failuresToOpen) return;
    this.#isOpen = true;
    this.#setProbe(minProbeMs);
    this.#closed = Promise.withResolvers();
    onChange(true);
  }

  /** The store took something. */
  succeeded(): void {
    this.#failed.clear();
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#closed.resolve();
    this.#options.onChange(false);
  }

  #setProbe(probeMs: number): void {
    this.#probeMs = probeMs;
    this.#setAtMs = performance.now();
  }
}
