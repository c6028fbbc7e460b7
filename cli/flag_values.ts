/** Readers of flags' values. Each throws UsageError that says what the value must be. */
import { resolve } from "node:path";
import process from "node:process";
import { nearestName } from "./nearest_name.ts";
import { UsageError } from "./usage_error.ts";

const UNITS_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Reads a whole number from `min` to `max`. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    const limit = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new UsageError(`must be a whole number ${limit}`);
  };
}

/** Reads a decimal number above 0. */
export function positiveNumber(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text) && Number(text) > 0) return Number(text);
  throw new UsageError("must be a number above 0, such as 5 or 2.50");
}

/** Reads a duration such as `90s`, `10m`, `2h` or `7d` into milliseconds. */
export function duration(minMs: number, maxMs: number): (text: string) => number {
  return (text) => {
    const [, count, unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
    const ms = Number(count) * (UNITS_MS[unit] ?? NaN);
    if (ms >= minMs && ms <= maxMs) return ms;
    const limits = `${durationText(minMs)} to ${durationText(maxMs)}`;
    throw new UsageError(`must be ${limits}, such as 90s or 10m`);
  };
}

/** A duration of whole seconds in its largest whole unit: `7d`. */
export function durationText(ms: number): string {
  const [unit = "s", unitMs = 1_000] =
    Object.entries(UNITS_MS).findLast(([, length]) => ms % length === 0) ?? [];
  return `${ms / unitMs}${unit}`;
}

/** Reads a time (ISO 8601), or an age of at most `maxMs`, into milliseconds since the epoch. */
export function timeOrAge(maxMs: number): (text: string) => number {
  return (text) => {
    const ms = /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : NaN;
    if (!Number.isNaN(ms)) return ms;
    const age = /^\d+[smhd]$/.test(text) ? duration(1_000, maxMs)(text) : NaN;
    if (!Number.isNaN(age)) return Date.now() - age;
    throw new UsageError("must be a time such as 2026-11-30T08:00:00Z, or an age such as 3h");
  };
}

/** Reads a path, relative to where people called from (`deno task` itself runs in the project's folder), into an absolute one. */
export function path(text: string): string {
  // "" would be that folder itself, with secrets and state among the sources.
  return resolve(process.env["INIT_CWD"] ?? ".", nonEmpty(text));
}

/** Reads an `http` or `https` address without a path into its origin. */
export function httpOrigin(text: string): string {
  const url = URL.parse(text);
  if (/^https?:$/.test(url?.protocol ?? "") && url?.href === `${url?.origin}/`) return url.origin;
  throw new UsageError("must be an http or https address without a path");
}

/** Reads a time with its zone (ISO 8601) into milliseconds since the epoch. */
export function utcTime(text: string): number {
  const ms = /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new UsageError("must be a time such as 2026-11-30T08:00:00Z");
}

/** Reads a UTC day, `yyyy-mm-dd`; dates that do not exist, such as 2026-02-30, are refused. */
export function utcDay(text: string): string {
  const ms = Date.parse(`${text}T00:00:00Z`);
  // Date.parse takes 2026-02-30 for 2026-03-02.
  if (!Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 10) === text) return text;
  throw new UsageError("must be a UTC day YYYY-MM-DD");
}

/** Reads a text that the pattern matches. */
export function matching(pattern: RegExp, what: string): (text: string) => string {
  return (text) => {
    if (pattern.test(text)) return text;
    throw new UsageError(`must ${what}`);
  };
}

/** Reads a text that is not blank. */
export const nonEmpty = matching(/\S/, "not be empty");

/** Reads one of the names. */
export function oneOf<const Name extends string>(names: readonly Name[]): (text: string) => Name {
  return (text) => {
    const name = names.find((each) => each === text);
    if (name !== undefined) return name;
    const nearest = nearestName(text, names);
    const advice = nearest === undefined ? "" : `; did you mean ${nearest}?`;
    throw new UsageError(`must be one of ${names.join(", ")}${advice}`);
  };
}

/** Reads names that commas divide, in the order of `names`. */
export function someOf<const Name extends string>(names: readonly Name[]) {
  const read = oneOf(names);
  return (text: string): readonly Name[] => {
    const asked = text.split(",").map((part) => read(part.trim()));
    return names.filter((name) => asked.includes(name));
  };
}
