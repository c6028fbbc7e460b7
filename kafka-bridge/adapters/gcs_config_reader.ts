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

/** Reads the small objects of the configuration bucket. */
export function gcsConfigReader(
  { bucket: name, endpoint }: GcsConfigReaderOptions,
): Pick<ObjectReader, "read"> {
  const bucket: Bucket = {
    bucket: name,
    endpoint: endpoint ?? GOOGLE_STORAGE,
    authorize: endpoint === undefined ? withHeaders(googleHeaders) : anonymous,
  };
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
