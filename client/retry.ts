import { type Problem, problemOf, UploadError } from "./problem.ts";

/** How often and how long to try again. */
export interface RetryPolicy {
  /** Tries in a row without any progress before the call gives up. */
  readonly maxAttempts: number;
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
}

/** About a minute of trying. */
export const DEFAULT_RETRY: RetryPolicy = { maxAttempts: 10, minDelayMs: 250, maxDelayMs: 16_000 };

/** Statuses that Cloud Storage and the edge mean to be tried again; 400, 401, 403 and 412 never. */
const RETRYABLE = new Set([408, 429, 500, 502, 503, 504]);

/** Whether trying again can help. */
export function isRetryable({ status, code }: Problem): boolean {
  return code === "network" || (RETRYABLE.has(status) && code !== "quota_exceeded");
}

/** The wait before try `attempt` (from 1): doubling, with full jitter, and never shorter than the server asks. */
export function retryDelayMs(attempt: number, policy: RetryPolicy, retryAfterMs = 0): number {
  const ceiling = Math.min(policy.maxDelayMs, policy.minDelayMs * 2 ** (attempt - 1));
  return Math.max(retryAfterMs, ceiling / 2 + Math.random() * ceiling / 2);
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

/** Sends a request; a lost connection becomes a problem of code `network`, an abort stays one. */
export async function send(
  fetcher: typeof fetch,
  url: string,
  init: RequestInit,
): Promise<Response> {
  try {
    return await fetcher(url, init);
  } catch (cause) {
    init.signal?.throwIfAborted();
    throw new UploadError({ status: 0, code: "network", detail: "no answer came" }, { cause });
  }
}

/** Sends a request that may be repeated until it is answered with success; throws the last problem. */
export async function sendWithRetry(
  fetcher: typeof fetch,
  request: () => Promise<{ url: string; init: RequestInit }>,
  options: { readonly retry: RetryPolicy; readonly signal?: AbortSignal | undefined },
): Promise<Response> {
  for (let attempt = 1;; attempt++) {
    const problem = await attemptOnce(fetcher, await request());
    if (problem instanceof Response) return problem;
    if (!isRetryable(problem) || attempt >= options.retry.maxAttempts) {
      throw new UploadError(problem);
    }
    await sleep(retryDelayMs(attempt, options.retry, problem.retryAfterMs), options.signal);
  }
}

async function attemptOnce(
  fetcher: typeof fetch,
  { url, init }: { url: string; init: RequestInit },
): Promise<Response | Problem> {
  try {
    const response = await send(fetcher, url, init);
    return response.ok ? response : await problemOf(response);
  } catch (error) {
    if (error instanceof UploadError) return error.problem;
    throw error;
  }
}
