import type { Clock } from "../ports/clock.ts";

const FIRST_REST_MS = 5_000;
const LONGEST_REST_MS = 300_000;
/** Longer than any attempt. */
const TRIAL_MS = 15_000;
const MAX_ENDPOINTS = 10_000;

/** An endpoint that failed. */
interface Rest {
  readonly untilMs: number;
  readonly failures: number;
  /** Whether one attempt is under way that decides. */
  readonly isTrial: boolean;
}

/**
 * Remembers which endpoints failed: none of their webhooks is tried until a rest is over, and then one alone, so that an
 * endpoint that hangs costs one attempt a rest, not one a webhook.
 */
export class RestingEndpoints {
  readonly #clock: Clock;
  readonly #rests = new Map<string, Rest>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isResting(key: string): boolean {
    return (this.#rests.get(key)?.untilMs ?? -Infinity) > this.#clock.now();
  }

  /** Whether an attempt may be made now; the one after a rest keeps all others away while it lasts. */
  begin(key: string): boolean {
    if (this.isResting(key)) return false;
    const rest = this.#rests.get(key);
    if (rest !== undefined) this.#put(key, { ...rest, restMs: TRIAL_MS, isTrial: true });
    return true;
  }

  /** Begins a rest, twice as long as the one before; failures of attempts that ran side by side count as one. */
  failed(key: string): void {
    const { failures = 0, isTrial = false } = this.#rests.get(key) ?? {};
    if (this.isResting(key) && !isTrial) return;
    const restMs = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** failures);
    this.#put(key, { restMs, failures: failures + 1, isTrial: false });
  }

  succeeded(key: string): void {
    this.#rests.delete(key);
  }

  #put(key: string, { restMs, ...rest }: Omit<Rest, "untilMs"> & { readonly restMs: number }) {
    this.#rests.delete(key);
    this.#rests.set(key, { ...rest, untilMs: this.#clock.now() + restMs });
    for (const oldest of this.#rests.keys()) {
      if (this.#rests.size <= MAX_ENDPOINTS) break;
      this.#rests.delete(oldest);
    }
  }
}
