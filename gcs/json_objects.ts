/** Objects by the JSON API (https://cloud.google.com/storage/docs/json_api/v1/objects); every write has a precondition. */
import { type CreateOutcome, outcomeOf } from "./create_outcome.ts";
import { jsonPath, uploadPath } from "./json_path.ts";
import { type ListPage, type ListQuery, parametersOf } from "./listing.ts";
import { readMedia, type ReadOptions } from "./media_read.ts";
import { writeRelated } from "./multipart_related.ts";
import { type Bucket, callStorage, nullOn, type StorageCall } from "./storage_call.ts";
import { StorageError } from "./storage_error.ts";
import type { StorageResponse } from "./transport.ts";
import {
  type Generation,
  objectOfResource,
  type ObjectResource,
  RESOURCE_FIELDS,
  resourceOf,
  type StoredObject,
  type WriteOptions,
} from "./stored_object.ts";
import { uploadStream } from "./stream_upload.ts";

/** How an object is replaced: only where its generation is this one, `0` standing for none. */
export interface ReplaceOptions extends WriteOptions {
  readonly ifGeneration: Generation;
}

/** Which generation to remove. */
export interface RemoveOptions extends Pick<StorageCall, "signal"> {
  readonly generation: Generation;
}

/** Creates an object where there is none of that name: bytes in one request, a stream in a resumable session. */
export async function createObject(
  bucket: Bucket,
  name: string,
  body: Uint8Array | ReadableStream<Uint8Array>,
  options: WriteOptions,
): Promise<CreateOutcome> {
  if (!(body instanceof Uint8Array)) {
    return await outcomeOf(uploadStream(bucket, name, body, options));
  }
  return await outcomeOf(insertObject(bucket, name, body, { ...options, ifGeneration: "0" }));
}

/** Replaces exactly one generation; null where another one, or none, is there by now. */
export async function replaceObject(
  ...[bucket, name, body, options]: Parameters<typeof insertObject>
): Promise<Generation | null> {
  return await nullOn(412, insertObject(bucket, name, body, options));
}

async function insertObject(
  bucket: Bucket,
  name: string,
  body: Uint8Array,
  { ifGeneration, ...options }: ReplaceOptions,
): Promise<Generation> {
  const { contentType, parts } = writeRelated(resourceOf(name, options), body, options.contentType);
  const call: StorageCall = {
    method: "POST",
    path: uploadPath(bucket.bucket),
    query: { uploadType: "multipart", name, ifGenerationMatch: ifGeneration, fields: "generation" },
    headers: { "content-type": contentType },
    body: parts,
    signal: options.signal,
    isIdempotent: true,
  };
  const { generation } = await callStorage(bucket, call, readJson<ObjectResource>);
  if (generation !== undefined) return generation;
  throw new StorageError("Cloud Storage named no generation", { status: 200 });
}

/** What the live object is, or null where there is none. */
export async function statObject(
  bucket: Bucket,
  name: string,
  { signal }: Pick<StorageCall, "signal"> = {},
): Promise<StoredObject | null> {
  const path = jsonPath(bucket.bucket, name);
  const call: StorageCall = {
    method: "GET",
    path,
    query: { fields: RESOURCE_FIELDS },
    signal,
    isIdempotent: true,
  };
  const resource = await nullOn(404, callStorage(bucket, call, readJson<ObjectResource>));
  return resource === null ? null : objectOfResource(resource);
}

/** Reads bytes as they are stored; null where there is no such object or generation. */
export async function readObject(
  bucket: Bucket,
  name: string,
  options: ReadOptions = {},
): Promise<Uint8Array<ArrayBuffer> | null> {
  const place = { path: jsonPath(bucket.bucket, name), query: { alt: "media" } };
  return await readMedia(bucket, place, options);
}

interface ResourcePage {
  readonly items?: readonly ObjectResource[];
  readonly prefixes?: readonly string[];
  readonly nextPageToken?: string;
}

/** Lists a page of objects. */
export async function listObjects(
  bucket: Bucket,
  { signal, ...query }: ListQuery,
): Promise<ListPage> {
  const fields = `items(${RESOURCE_FIELDS}),prefixes,nextPageToken`;
  const call: StorageCall = {
    method: "GET",
    path: jsonPath(bucket.bucket),
    query: parametersOf({ ...query, fields }),
    signal,
    isIdempotent: true,
  };
  const { items = [], prefixes = [], nextPageToken } = await callStorage(
    bucket,
    call,
    readJson<ResourcePage>,
  );
  return { objects: items.map(objectOfResource), prefixes, nextPageToken };
}

/** Removes exactly one generation; false where it is not there (any more). */
export async function removeObject(
  bucket: Bucket,
  name: string,
  { generation, signal }: RemoveOptions,
): Promise<boolean> {
  const call: StorageCall = {
    method: "DELETE",
    path: jsonPath(bucket.bucket, name),
    query: { ifGenerationMatch: generation },
    signal,
    isIdempotent: true,
  };
  const removed = callStorage(bucket, call, async (response) => (await response.text(), true));
  return await nullOn(404, nullOn(412, removed)) ?? false;
}

async function readJson<T>(response: StorageResponse): Promise<T> {
  return JSON.parse(await response.text()) as T; // the API's contract
}
