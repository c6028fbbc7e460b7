import { type Backoff, backoffMs } from "@tintype/gcs/backoff";
import { isRetryableStatus } from "@tintype/gcs/retry";
import { sleep, untilAborted } from "@tintype/gcs/signals";
import { type Problem, UploadError } from "./problem.ts";

/** Says whether there is a network at all, so that tries are not spent while there is none. */
export interface NetworkWatch {
  /** Whether it is known that there is none. */
  isOffline(): boolean;
  /** Waits until there is one again, or it is worth a try; throws the signal's reason. */
  untilOnline(signal?: AbortSignal): Promise<void>;
}

/** How often and how long to try again. */
export interface RetryPolicy extends Backoff {
  /** Tries in a row without any progress before the call gives up. */
  readonly maxAttempts: number;
  /** How long one try may take; what the store held by then is not sent again. */
  readonly timeoutMs: number;
  /** While it knows that there is no network, little is tried and nothing counts; the platform's own by default. */
  readonly network?: NetworkWatch;
}

/** Options of a pause. */
export interface PauseOptions {
  readonly retry: RetryPolicy;
  readonly signal?: AbortSignal | undefined;
  /** Called with the error before a pause, so that people can see why nothing moves. */
  readonly onWait?: ((error: UploadError) => void) | undefined;
}

/** About 50 seconds of trying. */
export const DEFAULT_RETRY: RetryPolicy = {
  maxAttempts: 12,
  minDelayMs: 250,
  maxDelayMs: 16_000,
  timeoutMs: 120_000,
};

/** Problems without an answer, or with one that says too little, after which trying again can help. */
const RETRYABLE_CODES: readonly string[] = ["network", "stalled"];

/** Whether trying again can help: 408, 429 and 5xx, as Cloud Storage and the edge mean it; a day's full quota never. */
export function isRetryable({ status, code }: Problem): boolean {
  if (code === "quota_exceeded") return false;
  return RETRYABLE_CODES.includes(code) || (status > 0 && isRetryableStatus(status));
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
  const { retryAfterMs = 0 } = error.problem;
  await sleep(Math.max(retryAfterMs, backoffMs(failures + 1, retry)), signal);
  return failures + 1;
}

/** What a browser has of it (HTML, "navigator.onLine" and the event "online"); elsewhere all of it is missing. */
interface BrowserScope {
  readonly navigator?: { readonly onLine?: boolean };
  addEventListener?(type: "online", listener: () => void): void;
  removeEventListener?(type: "online", listener: () => void): void;
}

/** Browsers count a machine as offline that reaches the edge all the same: on itself, or by a tunnel. */
const RECHECK_MS = 15_000;

/** The platform's own word, which is put to the test every `recheckMs`; one that says nothing counts as online. */
export function platformNetwork(
  scope: BrowserScope = globalThis as BrowserScope, // all optional
  { recheckMs = RECHECK_MS }: { readonly recheckMs?: number } = {},
): NetworkWatch {
  return {
    isOffline: () => scope.navigator?.onLine === false,
    untilOnline: (signal) =>
      untilAborted(signal, (resolve) => {
        scope.addEventListener?.("online", resolve);
        const timer = setTimeout(resolve, recheckMs);
        return () => {
          scope.removeEventListener?.("online", resolve);
          clearTimeout(timer);
        };
      }),
  };
}
