import type { ObjectStore } from "@tintype/core/ports/object_store";
import { anonymous, withHeaders } from "@tintype/gcs/authorize";
import { removeObjects } from "@tintype/gcs/batch";
import { crc32cOf } from "@tintype/gcs/crc32c";
import {
  createObject,
  listObjects,
  readObject,
  removeObject,
  replaceObject,
  statObject,
} from "@tintype/gcs/json_objects";
import { type Bucket, GOOGLE_STORAGE } from "@tintype/gcs/storage_call";
import { cloudResult, failureOf } from "./_cloud_failure.ts";
import { googleHeaders } from "./_google_auth.ts";

/** Where a bucket is. */
export interface GcsObjectStoreOptions {
  readonly bucket: string;
  /** An emulator's address, asked without credentials; Cloud Storage itself where none is given. */
  readonly endpoint?: string | undefined;
}

/** One bucket of Cloud Storage; bytes are sent with their CRC32C, which it compares before it commits. */
export function gcsObjectStore({ bucket: name, endpoint }: GcsObjectStoreOptions): ObjectStore {
  const bucket: Bucket = {
    bucket: name,
    endpoint: endpoint ?? GOOGLE_STORAGE,
    authorize: endpoint === undefined ? withHeaders(googleHeaders) : anonymous,
  };
  const call = cloudResult;
  return {
    create(name, body, options) {
      const crc32c = body instanceof Uint8Array ? crc32cOf(body) : undefined;
      const creating = createObject(bucket, name, body, { ...options, crc32c });
      return call("create object", creating, options.signal);
    },
    replace(name, body, options) {
      const write = { ...options, crc32c: crc32cOf(body) };
      return call("replace object", replaceObject(bucket, name, body, write), options.signal);
    },
    stat: (name, options) =>
      call("stat object", statObject(bucket, name, options), options?.signal),
    read: (name, options) =>
      call("read object", readObject(bucket, name, options), options?.signal),
    list: (query) => call("list objects", listObjects(bucket, query), query.signal),
    remove: (name, options) =>
      call("remove object", removeObject(bucket, name, options), options.signal),
    async removeMany(objects, { signal } = {}) {
      const outcomes = await removeObjects(bucket, objects, { signal });
      return outcomes.map((outcome) =>
        typeof outcome === "string" ? outcome : failureOf("remove object", outcome)
      );
    },
  };
}
