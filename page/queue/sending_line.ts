import type { Client, UploadProgress } from "@tintype/client/client";
import {
  type ItemProblem,
  type ItemState,
  ON_LINE,
  problemOf,
  type QueueEntry,
  type QueueItem,
} from "./queue_item.ts";

/** What becomes of those that are sent. */
interface SendingLineOptions {
  readonly client: Pick<Client, "upload">;
  readonly onChange: (entry: QueueEntry, change: Partial<QueueItem>) => void;
  /** Called when the store has all of a picture, whose id is set. */
  readonly onSent: (entry: QueueEntry) => void;
  readonly onProblem: (entry: QueueEntry, problem: ItemProblem) => void;
  /** Called when a line is free again. */
  readonly onFree: () => void;
}

/** Files that are sent at the same time. */
const LINES = 3;

/** What an item shows of each state of its upload; states that are not here change nothing. */
const SHOWN: Partial<Record<UploadProgress["state"], ItemState>> = {
  reading: "reading",
  starting: "sending",
  sending: "sending",
  waiting: "waiting",
};

/** Sends files to the store, some at a time: gives free lines to those of the entries that are next. */
export function sendingLine(
  { client, onChange, onSent, onProblem, onFree }: SendingLineOptions,
): (entries: readonly QueueEntry[]) => void {
  const send = async (entry: QueueEntry) => {
    const { file, item } = entry;
    if (file === undefined) return onProblem(entry, { code: "unreadable", detail: "" });
    onChange(entry, { state: "reading" });
    try {
      entry.upload = client.upload(file, {
        metadata: { contentType: item.type },
        onProgress: (progress) => onChange(entry, changeBy(entry.item, progress)),
      });
      entry.imageId = (await entry.upload).imageId;
      onSent(entry);
    } catch (error) {
      if (!entry.isGone) onProblem(entry, problemOf(error));
    } finally {
      entry.upload = undefined;
      onFree();
    }
  };
  return (entries) => {
    const free = LINES - entries.filter(({ item }) => ON_LINE.has(item.state)).length;
    const next = entries.filter(({ item, imageId }) =>
      item.state === "queued" && imageId === undefined
    );
    for (const entry of next.slice(0, Math.max(0, free))) {
      if (entry.upload === undefined) void send(entry);
      else {
        onChange(entry, { state: "sending" });
        entry.upload.resume();
      }
    }
  };
}

/** What news of its upload changes of an item; what its owner paused stays so, whatever is still on its way. */
function changeBy(item: QueueItem, progress: UploadProgress): Partial<QueueItem> {
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
