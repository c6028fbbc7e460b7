import type { ListPage, ListQuery, ObjectFacts } from "../ports/object_store.ts";

const MAX_RESULTS = 1000;

/** Names in the order of a listing, ascending by their UTF-8 bytes, sorted again only where something was added. */
export class ListedNames {
  readonly #facts: ReadonlyMap<string, { readonly facts: ObjectFacts }>;
  #sorted: string[] = [];
  #added: string[] = [];
  #gone = 0;

  /** Removed names may stay on the list: `facts` tells what is there. */
  constructor(facts: ReadonlyMap<string, { readonly facts: ObjectFacts }>) {
    this.#facts = facts;
  }

  add(name: string): void {
    this.#added.push(name);
  }

  remove(): void {
    this.#gone++;
  }

  /** A page of the listing: objects and prefixes counted together. */
  page(query: ListQuery): ListPage {
    const names = this.#names();
    const max = Math.min(query.maxResults ?? MAX_RESULTS, MAX_RESULTS);
    const objects: ObjectFacts[] = [];
    const prefixes: string[] = [];
    let last: string | undefined;
    let at = firstAt(names, query);
    while (at < names.length) {
      const name = names[at] ?? "";
      if (!name.startsWith(query.prefix)) break;
      const held = this.#facts.get(name);
      if (held === undefined) {
        at++;
        continue;
      }
      if (objects.length + prefixes.length === max) {
        return { objects, prefixes, nextPageToken: encodeURIComponent(last ?? "") };
      }
      const folder = folderOf(name, query);
      last = folder ?? name;
      if (folder === undefined) objects.push(held.facts);
      else prefixes.push(folder);
      at = folder === undefined ? at + 1 : firstBehind(names, at, folder);
    }
    return { objects, prefixes, nextPageToken: undefined };
  }

  #names(): readonly string[] {
    if (this.#added.length > 0 || this.#gone > this.#sorted.length / 2) {
      const all = new Set(
        [...this.#sorted, ...this.#added].filter((name) => this.#facts.has(name)),
      );
      this.#sorted = [...all].sort(compareUtf8);
      this.#added = [];
      this.#gone = 0;
    }
    return this.#sorted;
  }
}

function folderOf(name: string, { prefix, delimiter }: ListQuery): string | undefined {
  const cut = delimiter === undefined ? -1 : name.indexOf(delimiter, prefix.length);
  return cut < 0 ? undefined : name.slice(0, cut + 1);
}

/** Where a page begins: at the prefix, at `startOffset`, or behind what the page before ended with. */
function firstAt(names: readonly string[], query: ListQuery): number {
  const from = query.startOffset ?? "";
  const at = lowerBound(names, 0, compareUtf8(from, query.prefix) > 0 ? from : query.prefix);
  if (query.pageToken === undefined) return at;
  const after = decodeURIComponent(query.pageToken);
  const behind = folderOf(after, query) === after
    ? firstBehind(names, at, after)
    : lowerBound(names, at, after);
  return names[behind] === after ? behind + 1 : behind;
}

/** The first name that does not begin with the folder, from a place at or before its names. */
function firstBehind(names: readonly string[], from: number, folder: string): number {
  return lowerBound(names, from, folder, (name) => !name.startsWith(folder));
}

/** The first place from which on names are not before `bound`, and `isBehind` where that is given. */
function lowerBound(
  names: readonly string[],
  from: number,
  bound: string,
  isBehind: (name: string) => boolean = () => true,
): number {
  let [low, high] = [from, names.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const name = names[middle] ?? "";
    if (compareUtf8(name, bound) >= 0 && isBehind(name)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** UTF-8 keeps the order of code points, which UTF-16 does not: its surrogates lie below U+E000 to U+FFFF. */
function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const [left, right] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (left !== right) return inCodePoints(left) - inCodePoints(right);
  }
  return a.length - b.length;
}

function inCodePoints(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
