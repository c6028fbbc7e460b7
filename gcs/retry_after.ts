import type { HeaderReader } from "./transport.ts";

/**
 * What `Retry-After` asks for (RFC 9110, section 10.2.3: seconds or an HTTP date), as milliseconds from the answer's own
 * `Date`, or from `nowMs` where it has none.
 */
export function retryAfterMs(headers: HeaderReader, nowMs = Date.now()): number | undefined {
  const value = headers.get("retry-after")?.trim() ?? "";
  if (/^\d{1,6}$/.test(value)) return Number(value) * 1_000;
  const dateMs = /^[A-Z][a-z]{2,8},? /.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(dateMs)
    ? undefined
    : Math.max(0, dateMs - (Date.parse(headers.get("date") ?? "") || nowMs));
}
