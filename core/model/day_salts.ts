/**
 * `days.json` of the configuration bucket: a secret salt for each UTC day that is live or near. Whose an image is, and
 * which file it was, derives from its day's salt; once a day is dropped nobody can derive either again.
 */
import * as z from "zod";
import { AppError } from "../errors.ts";
import { dayOf } from "./utc_day.ts";

/** What the owners and content keys of one UTC day derive from. */
export interface DaySalt {
  /** `yyyy-mm-dd`. */
  readonly day: string;
  /** 32 random bytes in lower-case hex. */
  readonly salt: string;
  /** The number of the pseudonym key that the day uses. */
  readonly pseudonymKey: number;
}

/** May look up the salt of a day. */
export interface DaySalts {
  /** The salt of the UTC day of a time; throws `unavailable` where there is none, which can only be a fault. */
  saltAt(timeMs: number): Promise<DaySalt>;
}

/** The object's name in the configuration bucket. */
export const DAYS_FILE = "days.json";

const daySchema = z.strictObject({
  day: z.iso.date(),
  salt: z.string().regex(/^[0-9a-f]{64}$/, "must be 32 bytes in hex"),
  pseudonymKey: z.int().min(1),
});

const documentSchema = z.strictObject({ days: z.array(daySchema) })
  .refine(
    ({ days }) => new Set(days.map(({ day }) => day)).size === days.length,
    "must name each day once",
  );

/** Reads `days.json`, the days ascending; throws `invalid_config` where it is not of its schema. */
export function parseDaySalts(bytes: Uint8Array): readonly DaySalt[] {
  try {
    const { days } = documentSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
    return days.toSorted((a, b) => a.day < b.day ? -1 : 1);
  } catch {
    // Without a cause: it would quote the salts.
    throw new AppError("invalid_config", `Cannot read ${DAYS_FILE}: it is not of its schema`);
  }
}

/** The bytes of `days.json`. */
export function serializeDaySalts(days: readonly DaySalt[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(JSON.stringify({ days }, null, 2)));
}

/** The salt of the day of a time; throws `unavailable` where there is none. */
export function saltAt(days: readonly DaySalt[], timeMs: number): DaySalt {
  const day = dayOf(timeMs);
  const found = days.find((each) => each.day === day);
  if (found !== undefined) return found;
  throw new AppError("unavailable", `Cannot derive owners of ${day}: ${DAYS_FILE} has no such day`);
}
