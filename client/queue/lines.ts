import type { QueueEntry } from "./queue_item.ts";

/** Entries that get a free line now, in order: none before one whose session is about to come. */
export function nextTurns(entries: readonly QueueEntry[], lines: number): QueueEntry[] {
  let free = lines - entries.filter(({ isSending }) => isSending).length;
  const next: QueueEntry[] = [];
  for (const entry of entries) {
    const { go, item, isBegun, isSending } = entry;
    if (free <= 0 || isBegun && !isSending && go === undefined && item.state === "queued") break;
    if (go === undefined) continue;
    free--;
    next.push(entry);
  }
  return next;
}

/** Entries that are begun now: up to `ahead` before their turn, and then many at a time, as one call declares them. */
export function nextToBegin(
  entries: readonly QueueEntry[],
  { lines, ahead }: { readonly lines: number; readonly ahead: number },
): QueueEntry[] {
  const begun =
    entries.filter(({ isBegun, isSending, item }) =>
      isSending || isBegun && item.state !== "paused"
    ).length;
  const room = lines + ahead - begun;
  if (begun > lines && room < ahead / 2) return [];
  const next = entries.filter(({ isBegun, item }) => !isBegun && item.state === "queued");
  return next.slice(0, Math.max(0, room));
}
