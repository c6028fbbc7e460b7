/** UTC days, the folders that every name has: `yyyy-mm-dd`. */
import { rememberNewest } from "./remember_newest.ts";

/** A day in milliseconds. */
export const DAY_MS = 86_400_000;

/** The text of a day that is counted from the epoch. */
const textOfDay = rememberNewest((day: number) =>
  new Date(day * DAY_MS).toISOString().slice(0, 10)
);

/** The UTC day of a time in milliseconds since the epoch. */
export function dayOf(timeMs: number): string {
  return textOfDay(Math.floor(timeMs / DAY_MS));
}

/** The first millisecond of a UTC day. */
export function startOfDay(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}
