/**
 * Objects by the XML API (https://cloud.google.com/storage/docs/xml-api/overview), which is what signed URLs allow: create,
 * read, list, start a session. Listings know names, generations, sizes and times only.
 */
import { type CreateOutcome, outcomeOf } from "./create_outcome.ts";
import { type ListPage, type ListQuery, parametersOf } from "./listing.ts";
import { readMedia, type ReadOptions } from "./media_read.ts";
import { readSessionUrl } from "./resumable_session.ts";
import { type Bucket, callStorage, nullOn, type StorageCall } from "./storage_call.ts";
import {
  createHeaders,
  objectOfHeaders,
  type StoredObject,
  type WriteFields,
} from "./stored_object.ts";
import { objectPath } from "./v4_signer.ts";
import { readListing } from "./xml_listing.ts";

/** How an object is created. */
export interface CreateOptions extends WriteFields {
  /** Cloud Storage refuses more, in bytes. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** How a session is started. */
export interface SessionOptions extends CreateOptions {
  /** The page that will send the bytes: CORS responses are pinned to it. */
  readonly origin?: string | undefined;
}

/** Creates an object where there is none of that name. A stream is sent once, as it can be read once. */
export async function createObject(
  bucket: Bucket,
  name: string,
  body: Uint8Array | ReadableStream<Uint8Array>,
  options: CreateOptions,
): Promise<CreateOutcome> {
  const isBytes = body instanceof Uint8Array;
  return await outcomeOf(callStorage(bucket, {
    method: "PUT",
    path: objectPath(bucket.bucket, name),
    headers: limitedHeaders(options),
    body: isBytes ? [body] : body,
    signal: options.signal,
    isIdempotent: isBytes,
  }, async (response) => {
    await response.text();
    return response.headers.get("x-goog-generation") ?? "0";
  }));
}

/** Starts a resumable session whose object is created only where there is none of that name; returns its URL. */
export async function startSession(
  bucket: Bucket,
  name: string,
  options: SessionOptions,
): Promise<string> {
  const { origin, signal } = options;
  return await callStorage(bucket, {
    method: "POST",
    path: objectPath(bucket.bucket, name),
    headers: { ...limitedHeaders(options), "x-goog-resumable": "start" },
    unsignedHeaders: origin === undefined ? {} : { Origin: origin },
    signal,
    isIdempotent: true, // an empty session that nobody knows harms nobody
  }, readSessionUrl);
}

/** What the live object is, or null where there is none. */
export async function statObject(
  bucket: Bucket,
  name: string,
  { signal }: Pick<StorageCall, "signal"> = {},
): Promise<StoredObject | null> {
  const path = objectPath(bucket.bucket, name);
  const call: StorageCall = { method: "HEAD", path, signal, isIdempotent: true };
  const reading = callStorage(
    bucket,
    call,
    (response) => Promise.resolve(objectOfHeaders(name, response.headers)),
  );
  return await nullOn(404, reading);
}

/** Reads bytes as they are stored; null where there is no such object or generation. */
export async function readObject(
  bucket: Bucket,
  name: string,
  options: ReadOptions = {},
): Promise<Uint8Array<ArrayBuffer> | null> {
  return await readMedia(bucket, { path: objectPath(bucket.bucket, name) }, options);
}

/** Lists a page of objects. */
export async function listObjects(bucket: Bucket, query: ListQuery): Promise<ListPage> {
  const { prefix, startOffset, delimiter, maxResults, pageToken, signal } = query;
  const parameters = parametersOf({
    "list-type": "2",
    prefix,
    "max-keys": maxResults,
    delimiter,
    "continuation-token": pageToken,
    "start-after": startOffset === undefined ? undefined : nameBefore(startOffset),
  });
  const path = objectPath(bucket.bucket);
  return await callStorage(
    bucket,
    { method: "GET", path, query: parameters, signal, isIdempotent: true },
    async (response) => readListing(await response.text()),
  );
}

function limitedHeaders(options: CreateOptions): Record<string, string> {
  return { ...createHeaders(options), "x-goog-content-length-range": `0,${options.maxBytes}` };
}

/** A text below `name` with none of our names (ASCII up to `z`) between: `start-after` leaves its own name out. */
function nameBefore(name: string): string {
  const last = name.charCodeAt(name.length - 1);
  return Number.isNaN(last) ? "" : `${name.slice(0, -1)}${String.fromCharCode(last - 1)}~`;
}
