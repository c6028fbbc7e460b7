/**
 * Lists days of shards, many ranges of names side by side, as one listing after the other would take too long where a day
 * holds millions: a page says how many names a part of a tenant's owners holds, and where many pages must follow it, what is
 * left is split. Where little is kept, no request more is made than without.
 */
import { allEnded, createGate } from "../concurrency.ts";
import { OWNER_ALPHABET } from "../model/owner.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { ObjectFacts, ObjectLister } from "../ports/object_store.ts";

/** Days of shards: from `fromDay`, where one is given, to the end of `day`. */
interface DaysOfShards extends CallOptions {
  /** Prefixes of shards, each with its slash: `a/`, `erased/a/`. */
  readonly prefixes: readonly string[];
  readonly day: string;
  readonly fromDay?: string | undefined;
}

/** Names of one shard from `from` to before `to`. */
interface NameRange {
  readonly prefix: string;
  readonly from: string;
  readonly to: string;
}

/** Requests that are under way at once. */
const LISTS_AT_ONCE = 64;
/** A split makes no range of fewer pages, as each range ends with a page that is not full. */
const PAGES_A_RANGE = 8;
const MOST_RANGES = 32;
const CHARACTERS = [...OWNER_ALPHABET].sort();
const BASE = CHARACTERS.length;
/** The first characters of an owner that are taken for a number: exact, and more than enough to tell owners apart. */
const DIGITS = 9;
const OWNER_LENGTH = 20;
/** `yyyy-mm-dd/`. */
const DAY_LENGTH = 11;
/** The character behind the slash: `x/` to before `x0` is the folder x. */
const BEHIND_SLASH = "0";
/** Behind a name, and before every name of ours that follows it. */
const BEHIND_NAME = "!";

/**
 * Calls `visit` with each object, in no order; `namesOnly` facts. Where `visit` returns `later` for the last of a page that
 * lies in one owner's folder, the rest of that folder is left out: its names are in the order of their T0.
 */
export async function forEachOfDays(
  lister: ObjectLister,
  { prefixes, day, fromDay = "", signal }: DaysOfShards,
  visit: (object: ObjectFacts) => "later" | void,
): Promise<void> {
  const gate = createGate(LISTS_AT_ONCE);
  const list = async (range: NameRange): Promise<void> => {
    let left: readonly NameRange[] = [range];
    let pageToken: string | undefined;
    while (left.length === 1 && left[0] !== undefined) {
      const { prefix, from: startOffset, to: endOffset } = left[0];
      const query = { prefix, startOffset, endOffset, namesOnly: true, signal };
      const page = await gate(() =>
        lister.list(pageToken === undefined ? query : { ...query, pageToken })
      );
      pageToken = page.nextPageToken;
      const last = page.objects.at(-1);
      let isLater = false;
      for (const object of page.objects) isLater = visit(object) === "later";
      if (pageToken === undefined) return;
      const [first] = page.objects;
      if (first === undefined || last === undefined) continue;
      const rest = restOf(left[0], { first: first.name, last: last.name, isLater });
      if (rest === undefined) continue;
      left = rest;
      pageToken = undefined;
    }
    await allEnded(left.map(list));
  };
  await allEnded(
    prefixes.map((prefix) =>
      list({ prefix, from: prefix + fromDay, to: prefix + day + BEHIND_SLASH })
    ),
  );
}

/** A page that has another one behind it. */
interface FullPage {
  readonly first: string;
  readonly last: string;
  /** Whether its last object stays for now. */
  readonly isLater: boolean;
}

/** What is left of a range behind a page, where it is to be listed in another way; undefined where it just goes on. */
function restOf(range: NameRange, { first, last, isLater }: FullPage): NameRange[] | undefined {
  const tenantAt = range.prefix.length + DAY_LENGTH;
  const owner = last.indexOf("/", tenantAt) + 1;
  const folder = last.slice(0, owner);
  if (owner === 0 || !first.startsWith(folder)) return undefined;
  const ownFolder = last.slice(0, owner + OWNER_LENGTH + 1);
  if (first.startsWith(ownFolder)) {
    return isLater ? [{ ...range, from: ownFolder.slice(0, -1) + BEHIND_SLASH }] : undefined;
  }
  const folderEnd = last.slice(0, owner - 1) + BEHIND_SLASH;
  const isWithin = range.to.startsWith(folder);
  const at = valueOf(last, owner);
  const end = isWithin ? valueOf(range.to, owner) : endOfShard(range.prefix);
  const pages = (end - at) / (at - valueOf(first, owner));
  const parts = Math.min(MOST_RANGES, Math.floor(pages / PAGES_A_RANGE));
  if (!(parts > 1)) return undefined;
  const starts = Array.from(
    { length: parts - 1 },
    (_, part) => folder + textOf(at + (end - at) * (part + 1) / parts),
  );
  const bounds = [last + BEHIND_NAME, ...starts, ...(isWithin ? [] : [folderEnd]), range.to];
  return bounds.slice(1).map((to, part) => ({ ...range, from: bounds[part] ?? "", to }));
}

/** The number that the first characters of an owner's pseudonym are; NaN where it is none of ours. */
function valueOf(name: string, at: number): number {
  let value = 0;
  for (let digit = 0; digit < DIGITS; digit++) {
    const found = at + digit < name.length ? CHARACTERS.indexOf(name.charAt(at + digit)) : 0;
    value = found < 0 ? NaN : value * BASE + found;
  }
  return value;
}

function textOf(value: number): string {
  let text = "";
  for (let left = Math.floor(value), digit = 0; digit < DIGITS; digit++) {
    text = CHARACTERS[left % BASE] + text;
    left = Math.floor(left / BASE);
  }
  return text;
}

/** Behind the last owner of a shard, whose first character is the shard. */
function endOfShard(prefix: string): number {
  return (CHARACTERS.indexOf(prefix.charAt(prefix.length - 2)) + 1) * BASE ** (DIGITS - 1);
}
