import { AppError, isAppError } from "@tintype/core/errors";
import { isRetryable } from "@tintype/gcs/retry";

/** The HTTP status that a call's error carries; undefined where no response came. */
function statusOf(error: unknown): number | undefined {
  const isOurs = error instanceof Error && "status" in error && typeof error.status === "number";
  return isOurs && Number(error.status) > 0 ? Number(error.status) : undefined;
}

/** Awaits a call of the cloud; its error becomes `unavailable` where another try may help, else `internal`. */
export async function cloudResult<T>(
  action: string,
  call: Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw isAppError(error) ? error : failureOf(action, error);
  }
}

/** The error of ours that a call's error is. */
export function failureOf(action: string, cause: unknown): AppError {
  const status = statusOf(cause);
  const code = isRetryable(cause) ? "unavailable" : "internal";
  const why = status === undefined ? "it could not be reached" : `it responded with ${status}`;
  return new AppError(code, `Cannot ${action}: ${why}`, { cause });
}
