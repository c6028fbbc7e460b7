import type { KeptFiles } from "./kept_files.ts";
import { ENDED, type ItemProblem, type QueueItem } from "./queue_item.ts";

/** How a queue works; everything is optional. */
export interface QueueOptions {
  /** Files at the same time: 3. */
  readonly atOnce?: number | undefined;
  /** What an item ends with: its image's state, or that the store has all of it. */
  readonly until?: "ready" | "stored";
  /** Whether an item keeps its line until it has ended, so that no more than `atOnce` are under way in all. */
  readonly holdsLine?: boolean;
  /** Keeps `File`s between reloads, and whose they are. */
  readonly store?: KeptFiles | undefined;
  readonly account?: string;
  /** Whether what was refused may be sent again later, and so stays in the store. */
  readonly canRetry?: (problem: ItemProblem) => boolean;
  /** Called with each item that changed; without one where the queue itself did. */
  readonly onChange?: (item?: QueueItem) => void;
  /** Called when the store has all of an item. */
  readonly onStored?: (item: QueueItem) => void;
  /** Called when an item has ended. */
  readonly onEnd?: (item: QueueItem) => void;
  /** Called when an item was removed. */
  readonly onRemove?: (item: QueueItem) => void;
}

/** How many files a queue holds at the same time, by what is done with them. */
interface QueueRoom {
  /** Sent. */
  readonly lines: number;
  /** Declared and waiting for a line. */
  readonly ahead: number;
  /** Calls that wait for images. */
  readonly waiters: number;
}

/** The room of a queue with these options. */
export function roomOf({ atOnce = 3, holdsLine = false }: QueueOptions): QueueRoom {
  if (holdsLine) return { lines: atOnce, ahead: 0, waiters: atOnce };
  // So many ahead that one call starts many and no line waits for one.
  return { lines: atOnce, ahead: 24, waiters: 2 };
}

/** How far a queue is, without what was refused. */
export interface QueueTotals {
  readonly count: number;
  /** Items that have ended. */
  readonly ended: number;
  readonly bytes: number;
  readonly sentBytes: number;
  readonly bytesPerSecond: number;
}

/** How far items are. */
export function totalsOf(items: readonly QueueItem[]): QueueTotals {
  const taken = items.filter(({ state }) => state !== "refused");
  const sum = (of: (item: QueueItem) => number) => taken.reduce((all, item) => all + of(item), 0);
  return {
    count: taken.length,
    ended: taken.filter(({ state }) => ENDED.has(state)).length,
    bytes: sum(({ size }) => size),
    sentBytes: sum(({ sentBytes }) => sentBytes),
    bytesPerSecond: sum(({ state, bytesPerSecond = 0 }) =>
      state === "sending" ? bytesPerSecond : 0
    ),
  };
}
