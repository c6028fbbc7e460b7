import { AppError } from "@tintype/core/errors";
import type { ObjectReader } from "@tintype/core/ports/object_store";
import { anonymous, withHeaders } from "@tintype/gcs/authorize";
import { readObject } from "@tintype/gcs/json_objects";
import { type Bucket, GOOGLE_STORAGE } from "@tintype/gcs/storage_call";
import { googleHeaders } from "./_google_auth.ts";

/** Where to read. */
export interface GcsConfigReaderOptions {
  /** The configuration bucket. */
  readonly bucket: string;
  /** Another address than Cloud Storage's own, asked without credentials; the emulator's. */
  readonly endpoint: string | undefined;
}

/** The bucket, and who asks. */
export function bucketOf({ bucket, endpoint }: GcsConfigReaderOptions): Bucket {
  const authorize = endpoint === undefined ? withHeaders(googleHeaders) : anonymous;
  return { bucket, endpoint: endpoint ?? GOOGLE_STORAGE, authorize };
}

/** Reads the small objects of the configuration bucket. */
export function gcsConfigReader(options: GcsConfigReaderOptions): Pick<ObjectReader, "read"> {
  const bucket = bucketOf(options);
  return {
    async read(object, options = {}) {
      try {
        return await readObject(bucket, object, options);
      } catch (cause) {
        options.signal?.throwIfAborted();
        throw new AppError("unavailable", `Cannot read ${object} of the configuration`, { cause });
      }
    },
  };
}
