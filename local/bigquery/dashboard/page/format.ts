/// <reference lib="dom" />

const WHOLE = new Intl.NumberFormat("en");
const SHORT = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

/** A whole number with separators. */
export function count(value: number): string {
  return WHOLE.format(value);
}

/** Bytes in the largest fitting unit, three digits. */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const place = value < 1 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), units.length - 1);
  return `${SHORT.format(value / 1000 ** place)} ${units[place]}`;
}

/** Milliseconds, or seconds from one on. */
export function milliseconds(value: number): string {
  return value < 1000 ? `${SHORT.format(value)} ms` : `${SHORT.format(value / 1000)} s`;
}

/** Time that is left or over, in its two largest units. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(Math.abs(ms) / 1000));
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

/** `21 Nov` of a day `2026-11-21`. */
export function day(text: string): string {
  return new Date(text).toLocaleDateString("en-GB", {
    day: "numeric",
    month: "short",
    timeZone: "UTC",
  });
}

/** A cell of a table: times without their zeros, fractions with four digits. */
export function cell(value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") {
    return Number.isInteger(value) ? count(value) : String(Number(value.toPrecision(4)));
  }
  if (typeof value === "boolean") return value ? "yes" : "no";
  return String(value).replace("T", " ").replace(/\.\d+Z$/, "").replace(/Z$/, "");
}
