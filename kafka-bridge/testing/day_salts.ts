/** The days' salts and the pseudonym key of the package's tests. */
import type { DaySalt } from "@tintype/core/model/day_salts";
import { parsePseudonymKeys } from "@tintype/core/model/owner";
import { DAY_MS, dayOf } from "@tintype/core/model/utc_day";
import { SECRET } from "./bridge_env.ts";

/** The key that every day's owners derive from. */
export const PSEUDONYM_KEYS = await parsePseudonymKeys(JSON.stringify({ 1: SECRET }));

const DAYS_AROUND = 9;

/** The salt of the UTC day of a time: its digits, so that each day has another. */
export function saltOf(timeMs: number): DaySalt {
  const day = dayOf(timeMs);
  return { day, salt: day.replaceAll("-", "").repeat(8), pseudonymKey: 1 };
}

/** The days around a time. */
export function daysAround(timeMs: number): DaySalt[] {
  return Array.from(
    { length: 2 * DAYS_AROUND + 1 },
    (_, index) => saltOf(timeMs + (index - DAYS_AROUND) * DAY_MS),
  );
}
