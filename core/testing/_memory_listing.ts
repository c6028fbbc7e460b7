import type { ListPage, ListQuery, ObjectFacts } from "../ports/object_store.ts";

const MAX_RESULTS = 1000;

/** Names in the order of a listing, ascending by their UTF-8 bytes, sorted again only where something was added. */
export class ListedNames {
  readonly #facts: ReadonlyMap<string, { readonly facts: ObjectFacts }>;
  #sorted: readonly string[] | undefined;

  /** Removed names may stay on the list: `facts` says what is there. */
  constructor(facts: ReadonlyMap<string, { readonly facts: ObjectFacts }>) {
    this.#facts = facts;
  }

  /** To be called where a name was added. */
  sortAgain(): void {
    this.#sorted = undefined;
  }

  /** A page of the listing: objects and prefixes counted together; its token is what the next one begins with. */
  page(query: ListQuery): ListPage {
    const { prefix, startOffset = "", endOffset, delimiter, maxResults, pageToken = "" } = query;
    const names = this.#sorted ??= [...this.#facts.keys()].sort(compareUtf8);
    const max = Math.min(maxResults ?? MAX_RESULTS, MAX_RESULTS);
    const objects: ObjectFacts[] = [];
    const prefixes: string[] = [];
    const starts = [prefix, startOffset, decodeURIComponent(pageToken)];
    let next = starts.sort(compareUtf8).at(-1) ?? "";
    for (let at = firstAt(names, next); names[at]?.startsWith(prefix);) {
      const name = names[at] ?? "";
      if (endOffset !== undefined && compareUtf8(name, endOffset) >= 0) break;
      const held = this.#facts.get(name);
      if (held !== undefined && objects.length + prefixes.length === max) {
        return { objects, prefixes, nextPageToken: encodeURIComponent(next) };
      }
      const cut = delimiter === undefined ? -1 : name.indexOf(delimiter, prefix.length);
      const folder = name.slice(0, cut + 1);
      const isFolder = held !== undefined && cut >= 0;
      if (isFolder) prefixes.push(folder);
      else if (held !== undefined) objects.push(held.facts);
      // Behind every name of the folder, or behind this one.
      next = isFolder ? `${folder}\u{10ffff}` : `${name}\0`;
      at = isFolder ? firstAt(names, next) : at + 1;
    }
    return { objects, prefixes, nextPageToken: undefined };
  }
}

/** The first place whose name is not before `bound`. */
function firstAt(names: readonly string[], bound: string): number {
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareUtf8(names[middle] ?? "", bound) >= 0) high = middle;
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
