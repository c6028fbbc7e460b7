/** Answers are on their way for a moment, and `Date` counts whole seconds. */
const TOLERANCE_MS = 3_000;

/** The server's time as its answers say it: this device's clock may be wrong. */
export class ServerClock {
  #aheadMs = 0;

  /** In milliseconds since the epoch. */
  now(): number {
    return Date.now() + this.#aheadMs;
  }

  /** Learns from an answer's `Date` (RFC 9110, section 6.6.1). */
  note(date: string | null): void {
    const aheadMs = Date.parse(date ?? "") - Date.now();
    if (!Number.isNaN(aheadMs)) this.#aheadMs = Math.abs(aheadMs) < TOLERANCE_MS ? 0 : aheadMs;
  }
}
