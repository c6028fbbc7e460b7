import type { ObjectCreator, ObjectLister, ObjectReader } from "@tintype/core/ports/object_store";
import type { Bucket } from "@tintype/gcs/storage_call";
import { createObject, listObjects, readObject, statObject } from "@tintype/gcs/xml_objects";
import { storageResult } from "./_storage_failure.ts";

/** The largest body that a create sends, in bytes; storage holds the edge to it. */
const MAX_CREATE_BYTES = 10 * 1024 * 1024;

/** One bucket with the rights that the edge has: create, list, read. Listings know names, generations, sizes and times only. */
export function gcsEdgeStore(bucket: Bucket): ObjectCreator & ObjectLister & ObjectReader {
  return {
    create: (name, body, options) =>
      storageResult(createObject(bucket, name, body, { ...options, maxBytes: MAX_CREATE_BYTES })),
    list: (query) => storageResult(listObjects(bucket, query)),
    stat: (name, options) => storageResult(statObject(bucket, name, options)),
    read: (name, options) => storageResult(readObject(bucket, name, options)),
    readRange: (name, range) => storageResult(readObject(bucket, name, range)),
  };
}
