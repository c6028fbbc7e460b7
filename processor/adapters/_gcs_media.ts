/**
 * Bytes in and out of Cloud Storage's JSON API. By fetch, as the client's own streams do badly under Deno: reads warn of
 * listeners, a write whose connection is lost hangs for a minute, neither can be aborted, and its CRC32C takes longer
 * than the network. Who retries: each call here, a few times within seconds.
 */
import type { CallOptions } from "@tintype/core/ports/call_options";
import type { Generation } from "@tintype/core/ports/object_store";
import { setTimeout as sleep } from "node:timers/promises";
import { CloudFailure, isRetryable } from "./_cloud_failure.ts";
import { Crc32c } from "./_crc32c.ts";

/** What to read of an object: bytes from `offset`, all or at most `length` of them. */
export interface MediaRequest extends CallOptions {
  readonly name: string;
  readonly generation?: string | undefined;
  readonly offset: number;
  readonly length?: number | undefined;
}

/** Where media is read, and by which credentials. */
export interface MediaOptions {
  /** `https://storage.googleapis.com`, or a stand-in. */
  readonly endpoint: string;
  readonly bucket: string;
  /** The request's credentials, asked for before each one. */
  readonly authorize: () => Promise<Headers>;
}

/** What to write: the resource that the object gets, its bytes, and the generation that they replace (`0`: none). */
export interface MediaWrite extends CallOptions {
  readonly resource: Readonly<Record<string, unknown>> & { readonly name: string };
  readonly body: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  readonly ifGeneration: Generation;
}

const ATTEMPTS = 4;
const FIRST_DELAY_MS = 100;
const ATTEMPT_TIMEOUT_MS = 60_000;

/** Reads an object's bytes as they are stored, null where there is no such object or generation. */
export async function readMedia(
  options: MediaOptions,
  request: MediaRequest,
): Promise<Uint8Array<ArrayBuffer> | null> {
  if (request.length === 0) return new Uint8Array();
  return await retried(() => readOnce(options, request), request.signal);
}

/**
 * Writes an object at once (`uploadType=multipart`) and answers with its generation. With a `crc32c` in the resource the
 * store compares before it commits. Throws CloudFailure of 412 where another generation is there.
 */
export async function writeMedia(options: MediaOptions, write: MediaWrite): Promise<Generation> {
  return await retried(() => writeOnce(options, write), write.signal);
}

async function retried<Answer>(
  act: () => Promise<Answer>,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  for (let attempt = 1;; attempt++) {
    signal?.throwIfAborted();
    try {
      return await act();
    } catch (error) {
      if (attempt === ATTEMPTS || !isRetryable(error)) throw error;
    }
    const delayMs = FIRST_DELAY_MS * 2 ** (attempt - 1) * (0.5 + Math.random());
    await sleep(delayMs, undefined, signal === undefined ? {} : { signal });
  }
}

async function writeOnce(
  { endpoint, bucket, authorize }: MediaOptions,
  { resource, body, contentType, ifGeneration, signal }: MediaWrite,
): Promise<Generation> {
  const url = new URL(`/upload/storage/v1/b/${bucket}/o?uploadType=multipart`, endpoint);
  url.searchParams.set("name", resource.name);
  url.searchParams.set("ifGenerationMatch", ifGeneration);
  url.searchParams.set("fields", "generation");
  const boundary = crypto.randomUUID();
  const headers = await authorize();
  headers.set("content-type", `multipart/related; boundary=${boundary}`);
  const part = (type: string) => `--${boundary}\r\ncontent-type: ${type}\r\n\r\n`;
  const response = await fetch(url, {
    method: "POST",
    headers,
    body: new Blob([
      `${part("application/json")}${JSON.stringify(resource)}\r\n${part(contentType)}`,
      body,
      `\r\n--${boundary}--\r\n`,
    ]),
    signal: limited(signal),
  });
  const text = await response.text();
  if (response.status !== 200) throw failureOfAnswer(response.status, text);
  return String(JSON.parse(text).generation);
}

async function readOnce(
  { endpoint, bucket, authorize }: MediaOptions,
  { name, generation, offset, length, signal }: MediaRequest,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const url = new URL(`/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}?alt=media`, endpoint);
  if (generation !== undefined) url.searchParams.set("generation", generation);
  const headers = await authorize();
  // A range keeps fetch, and this encoding the store, from unpacking what a client stored packed: that may be a bomb.
  headers.set("range", `bytes=${offset}-${length === undefined ? "" : offset + length - 1}`);
  headers.set("accept-encoding", "gzip");
  const response = await fetch(url, { headers, signal: limited(signal) });
  if (response.status === 200 || response.status === 206) {
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (offset === 0 && length === undefined) validate(bytes, response.headers);
    return bytes;
  }
  const text = await response.text();
  if (response.status === 404) return null;
  if (response.status === 416) return new Uint8Array();
  throw failureOfAnswer(response.status, text);
}

function limited(signal: AbortSignal | undefined): AbortSignal {
  const timeout = AbortSignal.timeout(ATTEMPT_TIMEOUT_MS);
  return signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
}

function failureOfAnswer(status: number, text: string): CloudFailure {
  return new CloudFailure(`Cloud Storage answered ${status}: ${text.slice(0, 500)}`, {
    code: status,
  });
}

/** Compares with the store's own CRC32C (https://cloud.google.com/storage/docs/xml-api/reference-headers#xgooghash). */
function validate(bytes: Uint8Array, headers: Headers): void {
  const expected = /(?:^|,)\s*crc32c=([A-Za-z0-9+/]{6}==)/.exec(headers.get("x-goog-hash") ?? "");
  if (expected?.[1] === undefined) return;
  const sum = new Crc32c();
  sum.update(bytes);
  if (!sum.validate(expected[1])) throw new CloudFailure("Media did not arrive as it is stored");
}
