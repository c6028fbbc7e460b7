const UNITS = ["bytes", "kB", "MB", "GB"] as const;

/** Bytes as people read them: `640 bytes`, `3.4 MB`; powers of 1,000 as systems show them. */
export function bytesText(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : 1;
  return `${value.toFixed(digits).replace(/\.0$/, "")} ${UNITS[unit]}`;
}

const STEPS = [
  { name: "day", ms: 86_400_000 },
  { name: "hour", ms: 3_600_000 },
  { name: "minute", ms: 60_000 },
  { name: "second", ms: 1_000 },
] as const;

/** Time in its two largest units, rounded down: `3 days`, `6 days 23 hours`, `40 seconds`. */
export function durationText(ms: number): string {
  const found = STEPS.findIndex((step) => ms >= step.ms);
  const step = STEPS[found];
  if (step === undefined) return "less than a second";
  const count = Math.floor(ms / step.ms);
  const first = `${count} ${plural(step.name, count)}`;
  const next = STEPS[found + 1];
  const rest = next === undefined ? 0 : Math.floor((ms % step.ms) / next.ms);
  return next === undefined || rest === 0 ? first : `${first} ${rest} ${plural(next.name, rest)}`;
}

/** A time as people say it, in the reader's own zone: `21 November at 14:05`; with seconds where two would be alike. */
export function whenText(timeMs: number, { seconds = false } = {}): string {
  const time = new Date(timeMs);
  const day = time.toLocaleDateString("en-GB", { day: "numeric", month: "long" });
  const parts = { hour: "2-digit", minute: "2-digit" } as const;
  const exact = seconds ? { ...parts, second: "2-digit" } as const : parts;
  return `${day} at ${time.toLocaleTimeString("en-GB", exact)}`;
}

/** A day as people say it on another one, in the reader's own zone: `Today`, `Yesterday`, `Saturday 21 November`. */
export function dayText(timeMs: number, nowMs: number): string {
  const [day, today, yesterday] = [timeMs, nowMs, nowMs - 86_400_000].map((ms) =>
    new Date(ms).toDateString()
  );
  if (day === today) return "Today";
  if (day === yesterday) return "Yesterday";
  const parts = { weekday: "long", day: "numeric", month: "long" } as const;
  return new Date(timeMs).toLocaleDateString("en-GB", parts);
}

function plural(name: string, count: number): string {
  return count === 1 ? name : `${name}s`;
}
