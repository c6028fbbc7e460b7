import { type Problem, UploadError } from "./problem.ts";

/** How often and how long to try again. */
export interface RetryPolicy {
  /** Tries in a row without any progress before the call gives up. */
  readonly maxAttempts: number;
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** How long one try may take; what the store held by then is not sent again. */
  readonly timeoutMs: number;
}

/** About a minute of trying. */
export const DEFAULT_RETRY: RetryPolicy = {
  maxAttempts: 10,
  minDelayMs: 250,
  maxDelayMs: 16_000,
  timeoutMs: 120_000,
};

/** Problems without an answer, or with one that says too little, after which trying again can help. */
const RETRYABLE_CODES = ["network", "stalled"];

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
export async function withRetry<T>(
  attempt: () => Promise<T>,
  { retry, signal }: { readonly retry: RetryPolicy; readonly signal?: AbortSignal | undefined },
): Promise<T> {
  for (let failures = 0;;) {
    try {
      return await attempt();
    } catch (error) {
      await pauseAfter(error, { failures: ++failures, retry, signal });
    }
  }
}

/** Waits after a failure, the `failures`th in a row; throws the error itself when trying again is of no use. */
export async function pauseAfter(
  error: unknown,
  { failures, retry, signal }: {
    readonly failures: number;
    readonly retry: RetryPolicy;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<void> {
  if (!(error instanceof UploadError) || !isRetryable(error.problem)) throw error;
  if (failures >= retry.maxAttempts) throw error;
  await sleep(retryDelayMs(failures, retry, error.problem.retryAfterMs), signal);
}

/** Waits, or throws the signal's reason as soon as it is aborted. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
