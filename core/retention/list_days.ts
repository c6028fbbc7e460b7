/**
 * Lists days of shards, many ranges of names side by side, as one listing after the other would take too long where a day
 * holds millions: a page that lies in a small part of a tenant's owners shows that there is much more, and what is left is
 * split there. Where little is kept, no request more is made than without.
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
  /** How many first characters of an owner all names of the range share; 1 for its shard alone. */
  readonly shared: number;
}

/** Requests that are under way at once. */
const LISTS_AT_ONCE = 64;
const CHARACTERS = [...OWNER_ALPHABET].sort();
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
      list({ prefix, from: prefix + fromDay, to: prefix + day + BEHIND_SLASH, shared: 1 })
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
  const tenant = range.prefix.length + DAY_LENGTH;
  const owner = last.indexOf("/", tenant) + 1;
  const common = commonLength(first, last);
  if (owner === 0 || common <= owner + range.shared) return undefined;
  if (common > owner + OWNER_LENGTH) {
    const next = last.slice(0, owner + OWNER_LENGTH) + BEHIND_SLASH;
    return isLater ? [{ ...range, from: next }] : undefined;
  }
  const folder = last.slice(0, owner + range.shared);
  const current = last.charAt(owner + range.shared);
  const starts = CHARACTERS.filter((character) => character > current).map((each) => folder + each);
  const end = range.shared === 1 ? last.slice(0, owner - 1) + BEHIND_SLASH : range.to;
  const bounds = [last + BEHIND_NAME, ...starts, end];
  const shared = range.shared + 1;
  const parts = bounds.slice(1).map((to, at) => ({ ...range, from: bounds[at] ?? "", to, shared }));
  return range.shared === 1 ? [...parts, { ...range, from: end }] : parts;
}

function commonLength(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let at = 0;
  while (at < most && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  return at;
}
