import { AppError } from "@tintype/core/errors";
import { isRetryable } from "@tintype/gcs/retry";
import { StorageError } from "@tintype/gcs/storage_error";

/**
 * Awaits a call of storage; a StorageError becomes `unavailable` where another try may help, else `internal`. What broke the
 * body that was sent is thrown as it is.
 */
export async function storageResult<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    const { status, code = "", cause, retryAfterMs } = error;
    if (cause instanceof AppError) throw cause;
    if (!isRetryable(error)) {
      throw new AppError("internal", `Storage responded with ${status} ${code}`.trim(), {
        cause: error,
      });
    }
    const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
    throw new AppError("unavailable", "Storage is not available now", { cause: error, ...wait });
  }
}
