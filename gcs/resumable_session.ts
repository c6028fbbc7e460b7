/**
 * A resumable session (https://cloud.google.com/storage/docs/performing-resumable-uploads): start it, put bytes, ask what
 * it holds, cancel it. Its URL is itself the credential: whoever has it can write, so it is never logged.
 */
import { formatContentRange } from "./content_range.ts";
import { uploadPath } from "./json_path.ts";
import { type Bucket, callStorage, exchange, type StorageAccess } from "./storage_call.ts";
import { readSessionState, type SessionState } from "./session_state.ts";
import { StorageError, storageErrorOf } from "./storage_error.ts";
import { resourceOf, type WriteOptions } from "./stored_object.ts";
import type { StorageResponse } from "./transport.ts";

/** Every body of a session but the last is a multiple of this, in bytes. */
export const CHUNK_MULTIPLE = 256 * 1024;

/** Bytes for a session: those from `start` up to `end`, or none for a status query. */
export interface SessionPut extends Pick<WriteOptions, "signal"> {
  readonly start: number;
  readonly end: number;
  /** The object's size, where this is known to be its end. */
  readonly total: number | undefined;
  readonly body: readonly Uint8Array[];
}

const CANCEL_MS = 5_000;

/** Starts a session whose object is created only where there is none of that name; returns its URL. */
export async function startSession(
  bucket: Bucket,
  name: string,
  options: WriteOptions,
): Promise<string> {
  return await callStorage(bucket, {
    method: "POST", // repeated: an empty session that nobody knows harms nobody
    path: uploadPath(bucket.bucket),
    query: { uploadType: "resumable", name, ifGenerationMatch: "0" },
    headers: {
      "content-type": "application/json",
      "x-upload-content-type": options.contentType,
    },
    body: [new TextEncoder().encode(JSON.stringify(resourceOf(name, options)))],
    signal: options.signal,
  }, readSessionUrl);
}

/** The URL of the session that a response started. */
export async function readSessionUrl(response: StorageResponse): Promise<string> {
  await response.text();
  const url = response.headers.get("location");
  if (url) return url;
  throw new StorageError("Cloud Storage named no session", { status: response.status });
}

/** Puts bytes to a session once; throws StorageError. */
export async function putToSession(
  access: Pick<StorageAccess, "transport" | "timeoutMs">,
  url: string,
  { start, end, total, body, signal }: SessionPut,
): Promise<SessionState> {
  const headers = { "content-range": formatContentRange(start, end, total) };
  const request = { method: "PUT", url, headers, body, signal };
  return await exchange(access, request, async (response) => {
    return sessionStateOf(response, await response.text());
  });
}

/** What a session's response says; throws StorageError, as of a session that is lost. */
function sessionStateOf(
  response: Pick<StorageResponse, "status" | "headers">,
  text: string,
): SessionState {
  const state = readSessionState(response, text);
  if (state === undefined) throw storageErrorOf(response, text);
  return state;
}

/** Ends a session, best effort: one that stays ends by itself in a week. */
export async function cancelSession(access: StorageAccess, url: string): Promise<void> {
  const request = { method: "DELETE", url, headers: {}, body: [], signal: undefined };
  await exchange({ ...access, timeoutMs: CANCEL_MS }, request, (response) => response.text())
    .catch(() => undefined);
}
