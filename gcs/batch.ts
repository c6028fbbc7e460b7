import { type BatchPart, readBatch, writeBatch } from "./batch_parts.ts";
import type { RemoveOptions } from "./json_objects.ts";
import { jsonPath } from "./json_path.ts";
import { type Bucket, callStorage } from "./storage_call.ts";
import { StorageError, storageErrorOf } from "./storage_error.ts";

/** The most objects that one batch may remove. */
export const MAX_BATCH = 100;

/** An object's generation to remove. */
export interface RemoveTarget extends Pick<RemoveOptions, "generation"> {
  readonly name: string;
}

/**
 * Removes up to 100 generations by one request; returns in their order which of them it saw go. Throws the StorageError of
 * one that failed: the call may then be repeated as it is.
 */
export async function removeObjects(
  { bucket, ...access }: Bucket,
  targets: readonly RemoveTarget[],
  { signal }: Pick<RemoveOptions, "signal"> = {},
): Promise<readonly boolean[]> {
  if (targets.length > MAX_BATCH) {
    const count = targets.length;
    throw new RangeError(`Cannot remove: a batch takes at most ${MAX_BATCH} (got ${count})`);
  }
  if (targets.length === 0) return [];
  const removed = targets.map(() => false);
  const batch = writeBatch(targets.map((target, at) => partOf(bucket, target, at)));
  await callStorage(access, {
    method: "POST",
    path: "/batch/storage/v1",
    headers: { "content-type": batch.contentType },
    body: [new TextEncoder().encode(batch.text)],
    signal,
  }, async (response) => {
    const parts = readBatch(response.headers.get("content-type"), await response.text());
    const messages = new Map(parts.map(({ id, message }) => [id, message]));
    targets.forEach((_, at) => {
      removed[at] ||= isRemoved(messages.get(`response-${at}`) ?? "");
    });
  });
  return removed;
}

function partOf(bucket: string, { name, generation }: RemoveTarget, at: number): BatchPart {
  const path = `${jsonPath(bucket, name)}?ifGenerationMatch=${generation}`;
  return { id: String(at), message: `DELETE ${path} HTTP/1.1\r\n\r\n` };
}

/** Whether the object was removed: another generation, or none, is there where it was not. Throws StorageError. */
function isRemoved(message: string): boolean {
  const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(message)?.[1] ?? 0);
  if (status === 204 || status === 200) return true;
  if (status === 404 || status === 412) return false;
  if (status === 0) throw new StorageError("The response lacks a part", { status });
  throw storageErrorOf({ status, headers: new Map() }, message.split("\r\n\r\n")[1] ?? "");
}
