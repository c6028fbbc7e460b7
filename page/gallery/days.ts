/** The gallery's pictures by the days on which they were added, each with what its pictures have left. */
import { dayText } from "../quantities.ts";
import type { GalleryEntry } from "./gallery.ts";

/** The pictures of one day. */
interface GalleryDay {
  /** `Today`, `Yesterday`, `Saturday 28 November`. */
  readonly name: string;
  readonly entries: readonly GalleryEntry[];
  /** How long the one of them has that goes first. */
  readonly leftMs: number;
}

/** Less than this part of its time makes a picture say itself how much it has left. */
const SOON = 1 / 7;

/** When a picture was added: its own word, or what the end of its time says. */
export function addedAtMs({ summary }: GalleryEntry, periodMs: number): number {
  return Date.parse(summary.createdAt ?? "") || Date.parse(summary.purgeAt) - periodMs;
}

/** Days of the reader's own zone, in the order of their pictures. */
export function daysOf(
  entries: readonly GalleryEntry[],
  { nowMs, periodMs }: { readonly nowMs: number; readonly periodMs: number },
): GalleryDay[] {
  const byName = new Map<string, GalleryEntry[]>();
  for (const each of entries) {
    const name = dayText(addedAtMs(each, periodMs), nowMs);
    byName.set(name, [...byName.get(name) ?? [], each]);
  }
  return [...byName].map(([name, found]) => {
    const leftMs = Math.min(...found.map(({ summary }) => Date.parse(summary.purgeAt) - nowMs));
    return { name, entries: found, leftMs };
  });
}

/** Whether a picture goes so soon that its tile says it. */
export function goesSoon(leftMs: number, periodMs: number): boolean {
  return leftMs < periodMs * SOON;
}
