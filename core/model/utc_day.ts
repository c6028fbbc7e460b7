/** UTC days, the folders that every name has: `yyyy-mm-dd`. */

/** A day in milliseconds. */
export const DAY_MS = 86_400_000;

/** The UTC day of a time in milliseconds since the epoch. */
export function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

/** The first millisecond of a UTC day. */
export function startOfDay(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}
