/**
 * Objects by the XML API (https://cloud.google.com/storage/docs/xml-api/overview), which is what signed URLs allow: create,
 * read, list, start a session. Listings know names, generations, sizes and times only.
 */
import { type CreateOutcome, outcomeOf } from "./create_outcome.ts";
import type { ListPage, ListQuery } from "./listing.ts";
import { readMedia, type ReadOptions } from "./media_read.ts";
import { readSessionUrl } from "./resumable_session.ts";
import { type Bucket, callStorage, nullOn, type StorageCall } from "./storage_call.ts";
import * as stored from "./stored_object.ts";
import { objectPath } from "./v4_signer.ts";
import { readListing } from "./xml_listing.ts";

/** How an object is created. */
export interface CreateOptions extends stored.WriteOptions {
  /** Cloud Storage refuses more, in bytes. */
  readonly maxBytes: number;
}

/** How a session is started. */
export interface SessionOptions extends CreateOptions {
  /** The page that will send the bytes: CORS responses are pinned to it. */
  readonly origin?: string | undefined;
}

/** Creates an object where there is none of that name. A stream is sent once, as it can be read once. */
export async function createObject(
  { bucket, ...access }: Bucket,
  name: string,
  body: Uint8Array | ReadableStream<Uint8Array>,
  options: CreateOptions,
): Promise<CreateOutcome> {
  return await outcomeOf(callStorage(access, {
    method: "PUT",
    path: objectPath(bucket, name),
    headers: headersOf(options),
    body: body instanceof Uint8Array ? [body] : body,
    signal: options.signal,
  }, async (response) => {
    await response.text();
    return response.headers.get("x-goog-generation") ?? "0";
  }));
}

/** Starts a resumable session whose object is created only where there is none of that name; returns its URL. */
export async function startSession(
  { bucket, ...access }: Bucket,
  name: string,
  options: SessionOptions,
): Promise<string> {
  const { origin, signal } = options;
  return await callStorage(access, {
    method: "POST", // repeated: an empty session that nobody knows harms nobody
    path: objectPath(bucket, name),
    headers: { ...headersOf(options), "x-goog-resumable": "start" },
    unsignedHeaders: origin === undefined ? {} : { Origin: origin },
    signal,
  }, readSessionUrl);
}

/** What the live object is, or null where there is none. */
export async function statObject(
  { bucket, ...access }: Bucket,
  name: string,
  { signal }: Pick<StorageCall, "signal"> = {},
): Promise<stored.StoredObject | null> {
  const call = { method: "HEAD", path: objectPath(bucket, name), signal } as const;
  const reading = callStorage(access, call, async ({ headers }) => {
    return stored.objectOfHeaders(name, headers);
  });
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
export async function listObjects(
  { bucket, ...access }: Bucket,
  { prefix, startOffset, delimiter, maxResults, pageToken, signal }: Omit<ListQuery, "endOffset">,
): Promise<ListPage> {
  const query = {
    ...{ "list-type": 2, prefix, delimiter, "max-keys": maxResults },
    "continuation-token": pageToken,
    "start-after": startOffset === undefined ? undefined : nameBefore(startOffset),
  };
  const call = { method: "GET", path: objectPath(bucket), query, signal } as const;
  return await callStorage(access, call, async (response) => readListing(await response.text()));
}

function headersOf(options: CreateOptions): Record<string, string> {
  const range = `0,${options.maxBytes}`;
  return { ...stored.createHeaders(options), "x-goog-content-length-range": range };
}

/** A text below `name` with none of our names (ASCII up to `z`) between: `start-after` leaves its own name out. */
function nameBefore(name: string): string {
  const last = name.charCodeAt(name.length - 1);
  return Number.isNaN(last) ? "" : `${name.slice(0, -1)}${String.fromCharCode(last - 1)}~`;
}
