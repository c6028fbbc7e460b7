const TIMESTAMP =
  /^(\d{4}-\d{2}-\d{2})(?:[ Tt](\d{2}:\d{2}(?::\d{2})?)(?:\.(\d{1,9}))?)?\s*(Z|z|UTC|[+-]\d{2}(?::?\d{2})?)?$/;

const EPOCH_SECONDS = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** Least and greatest BigQuery TIMESTAMP, years 1 and 9999, in microseconds since the epoch. */
const MIN_MICROS = -62_135_596_800_000_000n;
const MAX_MICROS = 253_402_300_799_999_999n;

/**
 * Microseconds since the epoch of a TIMESTAMP as BigQuery takes it: ISO 8601 or `yyyy-mm-dd hh:mm:ss[.ffffff]`,
 * UTC where it names no offset, or seconds since the epoch as a number or its text; null where it is none.
 */
export function parseTimestampMicros(value: string | number): bigint | null {
  if (typeof value === "number") return inRange(secondsToMicros(value));
  const text = value.trim();
  if (EPOCH_SECONDS.test(text)) return inRange(secondsToMicros(Number(text)));
  const match = TIMESTAMP.exec(text);
  if (match === null) return null;
  const [, day = "", time = "00:00", fraction = "", zone = "Z"] = match;
  const ms = Date.parse(`${day}T${time}${isoZone(zone)}`);
  if (Number.isNaN(ms)) return null;
  return inRange(BigInt(ms) * 1000n + BigInt(fraction.padEnd(6, "0").slice(0, 6)));
}

/** `yyyy-mm-ddThh:mm:ss.ffffffZ`. */
export function formatMicrosIso(micros: bigint): string {
  const rest = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number((micros - rest) / 1000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(rest).padStart(6, "0")}Z`;
}

function isoZone(zone: string): string {
  if (!/^[+-]/.test(zone)) return "Z";
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  return `${zone[0]}${digits.slice(0, 2)}:${digits.slice(2)}`;
}

function secondsToMicros(seconds: number): bigint | null {
  return Number.isFinite(seconds) ? BigInt(Math.round(seconds * 1e6)) : null;
}

function inRange(micros: bigint | null): bigint | null {
  return micros !== null && micros >= MIN_MICROS && micros <= MAX_MICROS ? micros : null;
}
