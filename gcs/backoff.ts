/** How waits grow, in milliseconds. */
export interface Backoff {
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
}

/**
 * The wait after failure `failures` (from 1): by chance between nothing and a ceiling that doubles from `minDelayMs` to
 * `maxDelayMs` ("full jitter", https://cloud.google.com/storage/docs/retry-strategy#exponential-backoff).
 */
export function backoffMs(failures: number, { minDelayMs, maxDelayMs }: Backoff): number {
  return Math.random() * Math.min(maxDelayMs, minDelayMs * 2 ** (failures - 1));
}
