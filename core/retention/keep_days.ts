/** Keeps `days.json`: adds days eight ahead and drops a day one retention period after its end, by the clock alone. */
import type { CallOptions } from "../ports/call_options.ts";
import type { Clock } from "../ports/clock.ts";
import type { ObjectCreator, ObjectReader, ObjectReplacer } from "../ports/object_store.ts";
import type { RandomBytes } from "../model/image_id.ts";
import { DAYS_FILE, type DaySalt, parseDaySalts, serializeDaySalts } from "../model/day_salts.ts";
import type { ObjectName } from "../model/object_name.ts";
import { DAY_MS, dayOf, startOfDay } from "../model/utc_day.ts";
import { hexOf } from "../hex.ts";
import type { RetentionPolicy } from "./policy.ts";

/** What keeping the days needs. */
export interface KeepDaysPorts {
  readonly config: ObjectReader & ObjectCreator & ObjectReplacer;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly policy: RetentionPolicy;
  /** The number of the pseudonym key that days made from now on use. */
  readonly pseudonymKey: number;
}

/** What became of the days. */
export interface KeptDays {
  readonly added: number;
  readonly dropped: number;
  /** How many days after today have a salt. */
  readonly ahead: number;
}

const DAYS_AHEAD = 8;
const SALT_BYTES = 32;
const NAME = DAYS_FILE as ObjectName; // a name of the configuration bucket

/**
 * Makes the days that are near and drops those that are over. Concurrent calls are safe: the second one finds another
 * generation and leaves what the first one wrote. A day's salt never changes. Throws what the store throws, and
 * `invalid_config` for a file that cannot be read, which is never overwritten.
 */
export async function keepDays(ports: KeepDaysPorts, options: CallOptions = {}): Promise<KeptDays> {
  const nowMs = ports.clock.now();
  const { days: held, generation } = await readDays(ports, options);
  const kept = held.filter(({ day }) => !isOver(day, nowMs, ports.policy));
  const added = missingDays(kept, nowMs, ports.policy).map((day) => newDay(day, ports));
  const dropped = held.length - kept.length;
  if (added.length === 0 && dropped === 0) return { added: 0, dropped, ahead: ahead(held, nowMs) };
  const days = [...kept, ...added];
  const body = serializeDaySalts(days);
  const write = { contentType: "application/json", customTimeMs: nowMs, ...options };
  const isWritten = generation === undefined
    ? (await ports.config.create(NAME, body, write)).created
    : await ports.config.replace(NAME, body, { ...write, ifGeneration: generation }) !== null;
  if (isWritten) return { added: added.length, dropped, ahead: ahead(days, nowMs) };
  const others = await readDays(ports, options);
  return { added: 0, dropped: 0, ahead: ahead(others.days, nowMs) };
}

async function readDays({ config }: KeepDaysPorts, options: CallOptions) {
  const facts = await config.stat(NAME, options);
  if (facts === null) return { days: [], generation: undefined };
  const { generation } = facts;
  const bytes = await config.read(NAME, { generation, ...options });
  return { days: bytes === null ? [] : parseDaySalts(bytes), generation };
}

function ahead(days: readonly DaySalt[], nowMs: number): number {
  return days.filter(({ day }) => day > dayOf(nowMs)).length;
}

/** A day is over one period after its last millisecond: no image of it is kept any more. */
function isOver(day: string, nowMs: number, { periodMs }: RetentionPolicy): boolean {
  return nowMs >= startOfDay(day) + DAY_MS + periodMs;
}

/**
 * Live days and those that are near. Of a live day without a salt no image was ever made, and yet it is asked for: an owner's
 * list goes back over all of them.
 */
function missingDays(
  held: readonly DaySalt[],
  nowMs: number,
  { periodMs }: RetentionPolicy,
): string[] {
  const first = startOfDay(dayOf(nowMs - periodMs));
  const last = startOfDay(dayOf(nowMs)) + DAYS_AHEAD * DAY_MS;
  const count = (last - first) / DAY_MS + 1;
  const days = Array.from({ length: count }, (_, at) => dayOf(first + at * DAY_MS));
  return days.filter((day) => !held.some((each) => each.day === day));
}

function newDay(day: string, { random, pseudonymKey }: KeepDaysPorts): DaySalt {
  return { day, salt: hexOf(random(SALT_BYTES)), pseudonymKey };
}
