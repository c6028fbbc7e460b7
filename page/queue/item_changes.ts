/** How an item of the queue changes: functions of what is known, which {@link UploadQueue} applies. */
import type { UploadProgress } from "@tintype/client/client";
import type { ItemProblem } from "./item_problem.ts";
import type { KeptFile } from "./kept_files.ts";
import type { ItemState, QueueEntry, QueueItem } from "./queue_item.ts";

/** What an item shows of each state of its upload; states that are not here change nothing. */
const SHOWN: Partial<Record<UploadProgress["state"], ItemState>> = {
  reading: "reading",
  starting: "sending",
  sending: "sending",
  waiting: "waiting",
};

/** The item of a file that enters the queue. */
export function itemOf({ id, name, size, type, isPaused }: KeptFile): QueueItem {
  return {
    ...{ id, name, size, type },
    state: isPaused ? "paused" : "queued",
    heldBytes: 0,
    bytesPerSecond: undefined,
    problem: undefined,
    isHeldUp: false,
    thumbnail: undefined,
    isKept: true,
  };
}

/** Why a file is refused before anything is sent; undefined where it may be sent. */
export function refusalAtOnce(
  { type, size }: Pick<QueueItem, "type" | "size">,
  types: readonly string[],
): ItemProblem | undefined {
  if (!types.includes(type)) return { code: "unsupported_type", detail: type };
  return size === 0 ? { code: "truncated", detail: "" } : undefined;
}

/** What news of its upload changes of an item; what its owner paused stays so, whatever is still on its way. */
export function changeBy(item: QueueItem, progress: UploadProgress): Partial<QueueItem> {
  const { state, heldBytes, bytesPerSecond, error } = progress;
  const isHeldBack = item.state === "paused" || item.state === "queued";
  const shown = isHeldBack ? undefined : SHOWN[state];
  return {
    heldBytes: Math.max(item.heldBytes, heldBytes),
    bytesPerSecond,
    isHeldUp: error !== undefined && error.code !== "network",
    ...(shown === undefined ? {} : { state: shown }),
  };
}

/** What is kept of an entry between reloads. */
export function keptFileOf(entry: QueueEntry, account: string): KeptFile {
  const { item: { id, name, size, type, state }, file, imageId, addedAtMs } = entry;
  return {
    ...{ id, account, name, size, type, addedAtMs, isPaused: state === "paused" },
    ...(file === undefined ? {} : { file }),
    ...(imageId === undefined ? {} : { imageId }),
  };
}
