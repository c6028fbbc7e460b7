import type { ListPage, ListQuery, ObjectFacts } from "../ports/object_store.ts";

const MAX_RESULTS = 1_000;

type Entry = { readonly name: string; readonly facts: ObjectFacts | undefined };

/** A page as Cloud Storage cuts it: names ascending by UTF-8 bytes, objects and prefixes counted together. */
export function pageOf(all: readonly ObjectFacts[], query: ListQuery): ListPage {
  const after = query.pageToken === undefined ? undefined : decodeURIComponent(query.pageToken);
  const entries = entriesOf(all, query).filter(({ name }) =>
    after === undefined || compareUtf8(name, after) > 0
  );
  const page = entries.slice(0, Math.min(query.maxResults ?? MAX_RESULTS, MAX_RESULTS));
  const last = page.at(-1);
  const isCut = last !== undefined && page.length < entries.length;
  return {
    objects: page.flatMap(({ facts }) => facts === undefined ? [] : [facts]),
    prefixes: page.flatMap(({ name, facts }) => facts === undefined ? [name] : []),
    nextPageToken: isCut ? encodeURIComponent(last.name) : undefined,
  };
}

function entriesOf(all: readonly ObjectFacts[], query: ListQuery): Entry[] {
  const { prefix, startOffset, delimiter } = query;
  const entries = new Map<string, Entry>();
  for (const facts of all) {
    if (!facts.name.startsWith(prefix)) continue;
    if (startOffset !== undefined && compareUtf8(facts.name, startOffset) < 0) continue;
    const cut = delimiter === undefined ? -1 : facts.name.indexOf(delimiter, prefix.length);
    const name = cut < 0 ? facts.name : facts.name.slice(0, cut + 1);
    entries.set(name, { name, facts: cut < 0 ? facts : undefined });
  }
  return [...entries.values()].sort((a, b) => compareUtf8(a.name, b.name));
}

/** UTF-8 keeps the order of code points, which UTF-16 does not. */
function compareUtf8(a: string, b: string): number {
  const left = new TextEncoder().encode(a);
  const right = new TextEncoder().encode(b);
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
