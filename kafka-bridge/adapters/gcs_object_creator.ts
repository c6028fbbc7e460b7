import { AppError, isAppError } from "@tintype/core/errors";
import type { ObjectCreator } from "@tintype/core/ports/object_store";
import { anonymous, withHeaders } from "@tintype/gcs/authorize";
import { createObject } from "@tintype/gcs/json_objects";
import { StorageError } from "@tintype/gcs/storage_error";
import { type Bucket, GOOGLE_STORAGE } from "@tintype/gcs/storage_call";
import { googleHeaders } from "./_google_auth.ts";
import { httpTransport } from "./_http_transport.ts";

/** Where to create. */
export interface GcsObjectCreatorOptions {
  readonly bucket: string;
  /** Another address than Cloud Storage's own, asked without credentials; the emulator's. */
  readonly endpoint: string | undefined;
  /** How long a connection may be silent. */
  readonly timeoutMs: number;
}

/**
 * Creates objects where there is none of that name: bytes in one request, a stream in a resumable session. No checksum of
 * its own: what comes whole over TLS is as Kafka's client had it, and the processor compares the digest that a record
 * declares.
 */
export function gcsObjectCreator(options: GcsObjectCreatorOptions): ObjectCreator {
  const { bucket: name, endpoint = GOOGLE_STORAGE, timeoutMs } = options;
  const bucket: Bucket = {
    bucket: name,
    endpoint,
    authorize: options.endpoint === undefined ? withHeaders(googleHeaders) : anonymous,
    transport: httpTransport(new URL(endpoint), timeoutMs),
    timeoutMs: Infinity, // a large record may take its time
  };
  return {
    async create(name, body, write) {
      try {
        return await createObject(bucket, name, body, write);
      } catch (error) {
        if (isAppError(error)) throw error;
        if (isRefusedForItself(error)) {
          const message = `Cannot create raw object: Cloud Storage refuses it (${error.status} ${
            error.reason ?? error.code ?? "without a reason"
          })`;
          throw new AppError("storage_refused", message, { cause: error });
        }
        throw new AppError(
          "unavailable",
          "Cannot create raw object: Cloud Storage is not available",
          { cause: error },
        );
      }
    },
  };
}

/** Statuses by which Cloud Storage says that this object will never be taken: its request, its name, its size. */
const FINAL: ReadonlySet<number> = new Set([400, 413, 414]);
/** Reasons of such a status that speak of the bucket, its key or its billing: another try may pass. */
const OF_THE_BUCKET = /^(userProject|kms|key|billing|failedPrecondition|accessNotConfigured)/i;

function isRefusedForItself(error: unknown): error is StorageError {
  return error instanceof StorageError && FINAL.has(error.status) &&
    !OF_THE_BUCKET.test(error.reason ?? error.code ?? "");
}
