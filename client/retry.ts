import { type NetworkWatch, platformNetwork } from "./network_watch.ts";
import { type Problem, UploadError } from "./problem.ts";
import { sleep } from "./signals.ts";

/** How often and how long to try again. */
export interface RetryPolicy {
  /** Tries in a row without any progress before the call gives up. */
  readonly maxAttempts: number;
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** How long one try may take; what the store held by then is not sent again. */
  readonly timeoutMs: number;
  /** While it knows that there is no network, little is tried and nothing counts; the platform's own by default. */
  readonly network?: NetworkWatch;
}

/** What a pause may be told. */
export interface PauseOptions {
  readonly retry: RetryPolicy;
  readonly signal?: AbortSignal | undefined;
  /** Called with the error before a pause, so that people can be told why nothing moves. */
  readonly onWait?: ((error: UploadError) => void) | undefined;
}

/** About a minute of trying. */
export const DEFAULT_RETRY: RetryPolicy = {
  maxAttempts: 10,
  minDelayMs: 250,
  maxDelayMs: 16_000,
  timeoutMs: 120_000,
};

/** Problems without an answer, or with one that says too little, after which trying again can help. */
const RETRYABLE_CODES: readonly string[] = ["network", "stalled"];

/** Whether trying again can help: 408, 429 and 5xx, as Cloud Storage and the edge mean it; a day's full quota never. */
export function isRetryable({ status, code }: Problem): boolean {
  if (code === "quota_exceeded") return false;
  return RETRYABLE_CODES.includes(code) || status === 408 || status === 429 || status >= 500;
}

/** The wait after failure `failures` (from 1): doubling, half of it by chance, and never shorter than the server asks. */
export function retryDelayMs(failures: number, policy: RetryPolicy, retryAfterMs = 0): number {
  const ceiling = Math.min(policy.maxDelayMs, policy.minDelayMs * 2 ** (failures - 1));
  return Math.max(retryAfterMs, ceiling / 2 + Math.random() * ceiling / 2);
}

/** Runs something that may be repeated until it succeeds; throws its last error when trying again is of no use. */
export async function withRetry<T>(attempt: () => Promise<T>, options: PauseOptions): Promise<T> {
  for (let failures = 0;;) {
    try {
      return await attempt();
    } catch (error) {
      failures = await pauseAfter(error, { ...options, failures });
    }
  }
}

/**
 * Waits after a failure that `failures` others in a row came before, and answers how many they are now: one more, or none
 * where the network was gone and is back. Throws the error itself when trying again is of no use.
 */
export async function pauseAfter(
  error: unknown,
  { failures, retry, signal, onWait }: PauseOptions & { readonly failures: number },
): Promise<number> {
  if (!(error instanceof UploadError) || !isRetryable(error.problem)) throw error;
  const network = retry.network ?? platformNetwork();
  if (error.code === "network" && network.isOffline()) {
    onWait?.(error);
    await network.untilOnline(signal);
    return 0;
  }
  if (failures + 1 >= retry.maxAttempts) throw error;
  onWait?.(error);
  await sleep(retryDelayMs(failures + 1, retry, error.problem.retryAfterMs), signal);
  return failures + 1;
}
