/** Durations as people write and read them. */

const UNITS = [
  { name: "day", letter: "d", ms: 86_400_000 },
  { name: "hour", letter: "h", ms: 3_600_000 },
  { name: "minute", letter: "m", ms: 60_000 },
  { name: "second", letter: "s", ms: 1_000 },
] as const;

/** Reads `90s`, `10m`, `2h` or `3d` as milliseconds; NaN where it is none. */
export function parseDuration(text: string): number {
  const [, count, letter] = /^(\d{1,6})([a-z])$/.exec(text) ?? [];
  return Number(count) * (UNITS.find((unit) => unit.letter === letter)?.ms ?? NaN);
}

/** Writes milliseconds in the largest unit that they are a whole number of: `3 days`, `1 hour`, `90 seconds`. */
export function durationText(ms: number): string {
  const unit = UNITS.find((each) => ms % each.ms === 0) ?? { name: "millisecond", ms: 1 };
  const count = ms / unit.ms;
  return `${count} ${unit.name}${count === 1 ? "" : "s"}`;
}

/** Writes milliseconds as {@link parseDuration} reads them: `3d`. Throws RangeError for parts of a second. */
export function durationFlag(ms: number): string {
  const unit = UNITS.find((each) => ms % each.ms === 0);
  if (unit === undefined) throw new RangeError(`Cannot write ${ms} ms: not a whole second`);
  return `${ms / unit.ms}${unit.letter}`;
}
