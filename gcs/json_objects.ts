/** Objects by the JSON API (https://cloud.google.com/storage/docs/json_api/v1/objects); every write has a precondition. */
import { type CreateOutcome, outcomeOf } from "./create_outcome.ts";
import { jsonPath, uploadPath } from "./json_path.ts";
import type { ListPage, ListQuery } from "./listing.ts";
import { readMedia, type ReadOptions } from "./media_read.ts";
import { writeRelated } from "./multipart_related.ts";
import { type Bucket, callStorage, nullOn, readJson, type StorageCall } from "./storage_call.ts";
import * as stored from "./stored_object.ts";
import { uploadStream } from "./stream_upload.ts";

/** How an object is replaced: only where its generation is this one, `0` standing for none. */
export interface ReplaceOptions extends stored.WriteOptions {
  readonly ifGeneration: stored.Generation;
}

/** Which generation to remove. */
export interface RemoveOptions extends Pick<StorageCall, "signal"> {
  readonly generation: stored.Generation;
}

/** Creates an object where there is none of that name: bytes in one request, a stream in a resumable session. */
export async function createObject(
  bucket: Bucket,
  name: string,
  body: Uint8Array | ReadableStream<Uint8Array>,
  options: stored.WriteOptions,
): Promise<CreateOutcome> {
  const writing = body instanceof Uint8Array
    ? insertObject(bucket, name, body, { ...options, ifGeneration: "0" })
    : uploadStream(bucket, name, body, options);
  return await outcomeOf(writing);
}

/** Replaces exactly one generation; null where another one, or none, is there by now. */
export async function replaceObject(
  bucket: Bucket,
  name: string,
  body: Uint8Array,
  options: ReplaceOptions,
): Promise<stored.Generation | null> {
  return await nullOn(412, insertObject(bucket, name, body, options));
}

async function insertObject(
  bucket: Bucket,
  name: string,
  body: Uint8Array,
  options: ReplaceOptions,
): Promise<stored.Generation> {
  const { contentType, ifGeneration: ifGenerationMatch, signal } = options;
  const related = writeRelated(stored.resourceOf(name, options), body, contentType);
  const { generation } = await callStorage(bucket, {
    method: "POST",
    path: uploadPath(bucket.bucket),
    query: { uploadType: "multipart", name, ifGenerationMatch, fields: "generation" },
    headers: { "content-type": related.contentType },
    body: related.parts,
    signal,
  }, readJson<stored.ObjectResource>);
  return generation;
}

/** What the live object is, or null where there is none. */
export async function statObject(
  bucket: Bucket,
  name: string,
  { signal }: Pick<StorageCall, "signal"> = {},
): Promise<stored.StoredObject | null> {
  const path = jsonPath(bucket.bucket, name);
  const query = { fields: stored.RESOURCE_FIELDS };
  const call = { method: "GET", path, query, signal } as const;
  const found = await nullOn(404, callStorage(bucket, call, readJson<stored.ObjectResource>));
  return found && stored.objectOfResource(found);
}

/** Reads bytes as they are stored; null where there is no such object or generation. */
export async function readObject(
  bucket: Bucket,
  name: string,
  options: ReadOptions = {},
): Promise<Uint8Array<ArrayBuffer> | null> {
  const media = { path: jsonPath(bucket.bucket, name), query: { alt: "media" } };
  return await readMedia(bucket, media, options);
}

interface ResourcePage extends Pick<ListPage, "nextPageToken"> {
  readonly items?: readonly stored.ObjectResource[];
  readonly prefixes?: readonly string[];
}

/** Lists a page of objects. */
export async function listObjects(
  bucket: Bucket,
  { signal, namesOnly = false, ...asked }: ListQuery,
): Promise<ListPage> {
  const { prefix, delimiter, startOffset, endOffset, maxResults, pageToken } = asked;
  // These alone: what else a caller's object has is no parameter of Cloud Storage's.
  const query = { prefix, delimiter, startOffset, endOffset, maxResults, pageToken };
  const path = jsonPath(bucket.bucket);
  const facts = namesOnly ? stored.NAME_FIELDS : stored.RESOURCE_FIELDS;
  const fields = `items(${facts}),prefixes,nextPageToken`;
  const call = { method: "GET", path, query: { ...query, fields }, signal } as const;
  const page = await callStorage(bucket, call, readJson<ResourcePage>);
  const { items = [], prefixes = [], nextPageToken } = page;
  return { objects: items.map(stored.objectOfResource), prefixes, nextPageToken };
}

/** Removes exactly one generation; false where it is not there (any more). */
export async function removeObject(
  bucket: Bucket,
  name: string,
  { generation, signal }: RemoveOptions,
): Promise<boolean> {
  const path = jsonPath(bucket.bucket, name);
  const query = { ifGenerationMatch: generation };
  const call = { method: "DELETE", path, query, signal } as const;
  const removing = callStorage(bucket, call, (response) => response.text());
  return await nullOn(404, nullOn(412, removing)) !== null;
}
