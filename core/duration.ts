const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
] as const;

/** Writes milliseconds in the largest unit that they are a whole number of: `3 days`, `1 hour`, `90 seconds`. */
export function durationText(ms: number): string {
  const [unit, unitMs] = UNITS.find(([, each]) => ms % each === 0) ?? ["millisecond", 1];
  const count = ms / unitMs;
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

const HOUR_MS = 3_600_000;

/** Writes milliseconds in whole hours, else in seconds: `72 h`, `90 s`. */
export function hoursText(ms: number): string {
  return ms % HOUR_MS === 0 ? `${ms / HOUR_MS} h` : `${ms / 1_000} s`;
}
