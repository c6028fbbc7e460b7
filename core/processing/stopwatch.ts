import type { Timings } from "../model/manifest.ts";
import type { Clock } from "../ports/clock.ts";

/** Takes the time of stages, in milliseconds; no clock that goes back makes one negative. */
export class Stopwatch {
  readonly startedAtMs: number;
  readonly #clock: Clock;
  #timings: Timings = {};

  constructor(clock: Clock) {
    this.#clock = clock;
    this.startedAtMs = clock.now();
  }

  /** Runs a stage and adds its time, also where it fails. */
  async time<Value>(stage: keyof Timings, run: () => Promise<Value>): Promise<Value> {
    const startMs = this.#clock.now();
    try {
      return await run();
    } finally {
      this.add({ [stage]: this.#since(startMs) });
    }
  }

  /** Adds times that were taken elsewhere. */
  add(timings: Timings): void {
    this.#timings = { ...this.#timings, ...timings };
  }

  /** The times of the stages. */
  stages(): Timings {
    return this.#timings;
  }

  /** The times of the stages and of the whole. */
  timings(): Timings {
    return { ...this.#timings, totalMs: this.#since(this.startedAtMs) };
  }

  #since(startMs: number): number {
    return Math.max(0, this.#clock.now() - startMs);
  }
}
