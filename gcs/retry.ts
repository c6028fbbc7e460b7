import { type Backoff, backoffMs } from "./backoff.ts";
import { sleep, throwIfAborted } from "./signals.ts";

/** How often a call is tried, and how long to wait between two tries. */
export interface RetryPolicy extends Backoff {
  /** All tries, the first one included. */
  readonly attempts: number;
  /** A server that asks for a longer wait is not waited for, in milliseconds. */
  readonly maxRetryAfterMs: number;
  /** The least wait after a 429 that asks for none, in milliseconds: an object takes one change a second. */
  readonly tooManyMs: number;
}

/** The policy of every call that may be repeated. */
export const RETRY: RetryPolicy = {
  attempts: 5,
  minDelayMs: 100,
  maxDelayMs: 2_000,
  maxRetryAfterMs: 10_000,
  tooManyMs: 1_000,
};

/** How a call is repeated. */
export interface RetryOptions {
  readonly signal?: AbortSignal | undefined;
  readonly policy?: RetryPolicy;
}

/** Whether another try may succeed: 408, 429, 5xx, and 0 for no response (https://cloud.google.com/storage/docs/retry-strategy). */
export function isRetryableStatus(status: number): boolean {
  return status === 0 || status === 408 || status === 429 || status >= 500;
}

/** Whether the error of a call has a status after which another try may succeed. */
export function isRetryable(error: unknown): error is Error & { readonly status: number } {
  return error instanceof Error && "status" in error && typeof error.status === "number" &&
    isRetryableStatus(error.status);
}

/**
 * Repeats an idempotent call until it succeeds, fails for good or has had all its tries; throws its last error, or the
 * signal's reason.
 */
export async function withRetry<T>(
  attempt: () => Promise<T>,
  { signal, policy = RETRY }: RetryOptions = {},
): Promise<T> {
  for (let failures = 1;; failures++) {
    throwIfAborted(signal);
    try {
      return await attempt();
    } catch (error) {
      throwIfAborted(signal);
      const delayMs = retryDelayMs(error, failures, policy);
      if (delayMs === undefined) throw error;
      await sleep(delayMs, signal);
    }
  }
}

/** The wait after failure `failures` (from 1); undefined where there is to be no other try. */
export function retryDelayMs(
  error: unknown,
  failures: number,
  policy: RetryPolicy,
): number | undefined {
  if (failures >= policy.attempts || !isRetryable(error)) return undefined;
  const least = error.status === 429 ? policy.tooManyMs : 0;
  const asked = "retryAfterMs" in error ? Number(error.retryAfterMs ?? least) : least;
  if (asked > policy.maxRetryAfterMs) return undefined;
  return Math.max(asked, backoffMs(failures, policy));
}
