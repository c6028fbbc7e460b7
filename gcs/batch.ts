import { type BatchPart, readBatch, writeBatch } from "./batch_parts.ts";
import { jsonPath } from "./json_path.ts";
import { type Bucket, callStorage } from "./storage_call.ts";
import { StorageError, storageErrorOf } from "./storage_error.ts";
import type { RemoveOptions } from "./json_objects.ts";

/** The most objects that one batch may remove. */
export const MAX_BATCH = 100;

/** An object's generation to remove. */
export interface RemoveTarget extends Pick<RemoveOptions, "generation"> {
  readonly name: string;
}

/**
 * Removes up to 100 generations by one request; returns in their order whether each was there. Throws the StorageError of
 * one that failed: the call may then be repeated as it is.
 */
export async function removeObjects(
  bucket: Bucket,
  targets: readonly RemoveTarget[],
  { signal }: Pick<RemoveOptions, "signal"> = {},
): Promise<readonly boolean[]> {
  if (targets.length > MAX_BATCH) {
    throw new RangeError(
      `Cannot remove objects: a batch holds at most ${MAX_BATCH} (got ${targets.length})`,
    );
  }
  if (targets.length === 0) return [];
  const removed = new Set<number>();
  const { contentType, text } = writeBatch(targets.map((target, at) => partOf(bucket, target, at)));
  return await callStorage(bucket, {
    method: "POST",
    path: "/batch/storage/v1",
    headers: { "content-type": contentType },
    body: [new TextEncoder().encode(text)],
    signal,
    isIdempotent: true,
  }, async (response) => {
    const parts = readBatch(response.headers.get("content-type"), await response.text());
    const messages = new Map(parts.map(({ id, message }) => [id, message]));
    targets.forEach((_, at) => {
      if (isRemoved(messages.get(`response-${at}`))) removed.add(at);
    });
    return targets.map((_, at) => removed.has(at));
  });
}

function partOf({ bucket }: Bucket, { name, generation }: RemoveTarget, at: number): BatchPart {
  const path = `${jsonPath(bucket, name)}?ifGenerationMatch=${generation}`;
  return { id: String(at), message: `DELETE ${path} HTTP/1.1\r\n\r\n` };
}

/** Whether the object was removed: another generation, or none, is there where it was not. Throws StorageError. */
function isRemoved(message: string | undefined): boolean {
  const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(message ?? "")?.[1] ?? NaN);
  if (status === 204 || status === 200) return true;
  if (status === 404 || status === 412) return false;
  if (message === undefined || Number.isNaN(status)) {
    throw new StorageError("A batch's response lacks a part", { status: 0 });
  }
  const body = message.slice(message.indexOf("\r\n\r\n") + 4);
  throw storageErrorOf({ status, headers: new Map() }, body);
}
