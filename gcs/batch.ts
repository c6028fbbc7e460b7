import { type BatchPart, readBatch, writeBatch } from "./batch_parts.ts";
import type { RemoveOptions } from "./json_objects.ts";
import { jsonPath } from "./json_path.ts";
import { isRetryableStatus, type RetryPolicy, withRetry } from "./retry.ts";
import { throwIfAborted } from "./signals.ts";
import { type Bucket, callOnce } from "./storage_call.ts";
import { StorageError, storageErrorOf } from "./storage_error.ts";

/** The most objects that one batch may remove. */
export const MAX_BATCH = 100;

/** An object's generation to remove. */
export interface RemoveTarget extends Pick<RemoveOptions, "generation"> {
  readonly name: string;
}

/** What became of a target: it went, nothing has its name (any more), another generation has it, or it was refused. */
export type RemoveOutcome = "removed" | "absent" | "replaced" | StorageError;

/** How a batch is ended early, and how often it is tried. */
interface BatchOptions extends Pick<RemoveOptions, "signal"> {
  readonly policy?: RetryPolicy;
}

/**
 * Removes up to 100 generations by one request and returns what became of each, in their order. Only those that another
 * try may remove are sent again, by the one retry policy. Throws the signal's reason alone.
 */
export async function removeObjects(
  bucket: Bucket,
  targets: readonly RemoveTarget[],
  { signal, ...options }: BatchOptions = {},
): Promise<readonly RemoveOutcome[]> {
  if (targets.length > MAX_BATCH) {
    const count = targets.length;
    throw new RangeError(`Cannot remove: a batch takes at most ${MAX_BATCH} (got ${count})`);
  }
  const outcomes: (RemoveOutcome | undefined)[] = targets.map(() => undefined);
  const attempt = async () => {
    const parts = targets.map((target, at) => partOf(bucket, target, at))
      .filter((_, at) => isOpen(outcomes[at]));
    const messages = await sendBatch(bucket, parts, { signal });
    for (const { id } of parts) outcomes[Number(id)] = outcomeOf(messages.get(`response-${id}`));
    const failed = outcomes.find(isOpen);
    if (failed !== undefined) throw failed;
  };
  try {
    if (targets.length > 0) await withRetry(attempt, { signal, ...options });
  } catch (cause) {
    throwIfAborted(signal);
    const error = cause instanceof StorageError
      ? cause
      : new StorageError("The response is no batch", { status: 0 }, { cause });
    return outcomes.map((outcome) => outcome ?? error);
  }
  return outcomes.filter((outcome) => outcome !== undefined);
}

async function sendBatch(
  { bucket: _, ...access }: Bucket,
  parts: readonly BatchPart[],
  { signal }: Pick<RemoveOptions, "signal">,
): Promise<ReadonlyMap<string, string>> {
  const { contentType, text } = writeBatch(parts);
  return await callOnce(access, {
    method: "POST",
    path: "/batch/storage/v1",
    headers: { "content-type": contentType },
    body: [new TextEncoder().encode(text)],
    signal,
  }, async (response) => {
    const replies = readBatch(response.headers.get("content-type"), await response.text());
    return new Map(replies.map(({ id, message }) => [id, message]));
  });
}

function partOf({ bucket }: Bucket, { name, generation }: RemoveTarget, at: number): BatchPart {
  const path = `${jsonPath(bucket, name)}?ifGenerationMatch=${generation}`;
  return { id: String(at), message: `DELETE ${path} HTTP/1.1\r\n\r\n` };
}

/** Whether a target is to be sent (again). */
function isOpen(outcome: RemoveOutcome | undefined): boolean {
  return outcome === undefined ||
    (outcome instanceof StorageError && isRetryableStatus(outcome.status));
}

/** Cloud Storage may leave a part's id out where the part failed: what has no reply may be sent again. */
function outcomeOf(message = ""): RemoveOutcome {
  const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(message)?.[1] ?? 0);
  if (status === 204 || status === 200) return "removed";
  if (status === 404) return "absent";
  if (status === 412) return "replaced";
  if (status === 0) return new StorageError("The response lacks a part", { status });
  return storageErrorOf({ status, headers: new Map() }, message.split("\r\n\r\n")[1] ?? "");
}
