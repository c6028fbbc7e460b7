import { AppError } from "@tintype/core/errors";
import type { ObjectCreator, ObjectLister, ObjectReader } from "@tintype/core/ports/object_store";
import type { UploadSessions } from "@tintype/core/ports/upload_sessions";
import { isRetryable } from "@tintype/gcs/retry";
import type { Bucket } from "@tintype/gcs/storage_call";
import { StorageError } from "@tintype/gcs/storage_error";
import * as objects from "@tintype/gcs/xml_objects";

/** The largest body that a create sends, in bytes; storage holds the edge to it. */
const MAX_CREATE_BYTES = 10 * 1024 * 1024;

/** One bucket with the rights that the edge has: create, list, read. Listings know names, generations, sizes and times only. */
export function gcsEdgeStore(bucket: Bucket): ObjectCreator & ObjectLister & ObjectReader {
  return {
    create: (name, body, options) =>
      storageResult(
        objects.createObject(bucket, name, body, { ...options, maxBytes: MAX_CREATE_BYTES }),
      ),
    list: (query) => storageResult(objects.listObjects(bucket, query)),
    stat: (name, options) => storageResult(objects.statObject(bucket, name, options)),
    read: (name, options) => storageResult(objects.readObject(bucket, name, options)),
  };
}

/** Starts resumable sessions in one bucket. */
export function gcsUploadSessions(bucket: Bucket): UploadSessions {
  return {
    async start(name, { size, ...options }) {
      const starting = objects.startSession(bucket, name, { ...options, maxBytes: size });
      return { url: await storageResult(starting) };
    },
  };
}

/**
 * Awaits a call of storage; a StorageError becomes `unavailable` where another try may help, else `internal`. What broke the
 * body that was sent is thrown as it is.
 */
async function storageResult<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    const { status, code = "", cause, retryAfterMs } = error;
    if (cause instanceof AppError) throw cause;
    if (!isRetryable(error)) {
      const message = `Storage responded with ${status} ${code}`.trim();
      throw new AppError("internal", message, { cause: error });
    }
    throw new AppError("unavailable", "Storage is not available now", {
      cause: error,
      retryAfterMs,
    });
  }
}
