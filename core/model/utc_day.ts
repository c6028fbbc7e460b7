/** UTC days, the folders that every name has: `yyyy-mm-dd`. */

/** A day in milliseconds. */
export const DAY_MS = 86_400_000;

/** The newest answer, as listings ask for one day a thousand times in a row. */
let newest = { day: NaN, text: "" };

/** The UTC day of a time in milliseconds since the epoch. */
export function dayOf(timeMs: number): string {
  const day = Math.floor(timeMs / DAY_MS);
  if (day !== newest.day) newest = { day, text: new Date(timeMs).toISOString().slice(0, 10) };
  return newest.text;
}

/** The first millisecond of a UTC day. */
export function startOfDay(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}
