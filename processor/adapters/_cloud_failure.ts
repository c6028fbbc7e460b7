import { AppError } from "@tintype/core/errors";

/** An answer that is not the one that was hoped for; `code` is its HTTP status, as in the clients' own errors. */
export class CloudFailure extends Error {
  override readonly name = "CloudFailure";
  readonly code: number | undefined;

  constructor(message: string, options: ErrorOptions & { readonly code?: number } = {}) {
    super(message, options);
    this.code = options.code;
  }
}

const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** The HTTP status that a client's error carries, or undefined where none came back. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { code, status, response } = error as { // an unknown client's error: each part is looked at
    code?: unknown;
    status?: unknown;
    response?: { status?: unknown };
  };
  return [code, status, response?.status].map(Number).find((value) => value >= 300 && value < 600);
}

/** Whether asking again may help: Google's list of statuses, and connections that gave none. */
export function isRetryable(error: unknown): boolean {
  const status = statusOf(error);
  return status === undefined || RETRYABLE_STATUSES.has(status);
}

/** The AppError of a failed call: `unavailable` where asking again may help, else `internal`. */
export function failureOf(action: string, cause: unknown): AppError {
  const status = statusOf(cause);
  const code = isRetryable(cause) ? "unavailable" : "internal";
  const answer = status === undefined ? "it could not be reached" : `it answered ${status}`;
  return new AppError(code, `Cannot ${action} as ${answer}`, { cause });
}

/** Settles as `promise`, or rejects with the signal's reason as soon as it is aborted; the work itself goes on unheard. */
export async function abortable<Value>(
  promise: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  if (signal === undefined) return await promise;
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
