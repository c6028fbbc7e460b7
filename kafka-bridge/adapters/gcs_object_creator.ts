import { AppError, isAppError } from "@tintype/core/errors";
import type { ObjectCreator } from "@tintype/core/ports/object_store";
import { anonymous, withHeaders } from "@tintype/gcs/authorize";
import { createObject } from "@tintype/gcs/json_objects";
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
        throw new AppError(
          "unavailable",
          "Cannot create raw object: Cloud Storage is not available",
          {
            cause: error,
          },
        );
      }
    },
  };
}
