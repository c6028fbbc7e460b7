/** What the responses of a resumable session say, for whoever sends to it: Google's calls and a browser's. */
import { parseHeld } from "./byte_range.ts";
import { parseHashHeader } from "./hash_header.ts";
import { fieldsOf } from "./json_fields.ts";
import type { StorageResponse } from "./transport.ts";

/** What a completed session says of its object, where it says it. */
export interface CompletedUpload {
  readonly generation: string | undefined;
  /** Bytes, in decimal. */
  readonly size: string | undefined;
  /** Big-endian base64. */
  readonly crc32c: string | undefined;
}

/** What a session answered: how many bytes it holds, or the object that it became. */
export type SessionState = { readonly held: number } | { readonly completed: CompletedUpload };

/**
 * Reads a session's response; undefined where it is an error. A completed one answers with the JSON API's resource, or with
 * an empty body and headers (the XML API).
 */
export function readSessionState(
  { status, headers }: Pick<StorageResponse, "status" | "headers">,
  text: string,
): SessionState | undefined {
  if (status === 308) return { held: parseHeld(headers.get("range")) };
  if (status !== 200 && status !== 201) return undefined;
  const resource = fieldsOf(text);
  const named = (field: string, header: string | null | undefined) =>
    String(resource[field] ?? header ?? "") || undefined;
  return {
    completed: {
      generation: named("generation", headers.get("x-goog-generation")),
      size: named("size", headers.get("x-goog-stored-content-length")),
      crc32c: named("crc32c", parseHashHeader(headers.get("x-goog-hash")).crc32c),
    },
  };
}

/** Whether a session of this status is gone for good: 410 within the week, later 404, 499 where it was cancelled. */
export function isLostStatus(status: number): boolean {
  return [404, 410, 499].includes(status);
}

/**
 * Whether a create-only write failed because its name is taken: its precondition did not hold (412), or an identity that
 * may create but not delete would have had to replace the object (403 that names `storage.objects.delete`).
 */
export function isTaken(status: number, text: string): boolean {
  return status === 412 || status === 403 && text.includes("storage.objects.delete");
}
