import { firstImageIdOf } from "@tintype/core/model/image_id";
import { dayOf } from "@tintype/core/model/utc_day";
import type { ListPage, ListQuery, ObjectFacts } from "@tintype/core/ports/object_store";
import type { PurgeBucketPorts } from "@tintype/core/retention/purge_bucket";

/** What each request of a {@link NamedImages} costs beside its work, in milliseconds; 0 where none is given. */
export interface Latency {
  readonly listMs: number;
  readonly removeMs: number;
}

const PAGE = 1000;
const LETTERS = "abcdefghijklmnopqrstuvwxyz234567";
/** One tenant has nearly everything, as where one product is the largest. */
const TENANTS = [["acme", 0.9], ["beta", 0.99], ["cord", 1]] as const;

/** Raw names of `count` images whose T0s lie evenly in `spanMs` up to `untilMs`, ascending. */
export function imageNames(
  count: number,
  { untilMs, spanMs }: { readonly untilMs: number; readonly spanMs: number },
): string[] {
  const names = Array.from({ length: count }, (_, at) => {
    const t0Ms = Math.round(untilMs - spanMs * (at + 1) / count);
    const share = (at * 0.618_033_988_749) % 1;
    const tenant = TENANTS.find(([, below]) => share < below)?.[0] ?? "acme";
    // The last four digits tell images of one millisecond apart.
    const id = firstImageIdOf(t0Ms).slice(0, -6) + (at % 0xffffff).toString(16).padStart(6, "0");
    const owner = ownerOf(at);
    return `${owner[0]}/${dayOf(t0Ms)}/${tenant}/${owner}/${id}`;
  });
  return names.sort();
}

function ownerOf(at: number): string {
  let state = (at % 50_000) * 2_654_435_761 >>> 0;
  return Array.from({ length: 20 }, () => {
    state = Math.imul(state ^ state >>> 15, 2_246_822_519) + 0x9e3779b9 >>> 0;
    return LETTERS[state >>> 27] ?? "a";
  }).join("");
}

/** A bucket that holds the same files of every image, listed in real pages; it keeps one string an image. */
export class NamedImages implements PurgeBucketPorts {
  readonly requests = { list: 0, remove: 0 };
  readonly #names: readonly string[];
  readonly #files: readonly string[];
  readonly #latency: Latency;
  readonly #removed: Uint8Array;

  /** `files` are what follows an image's name, ascending: `[""]` for the raw bucket. */
  constructor(
    names: readonly string[],
    files: readonly string[],
    latency: Latency = { listMs: 0, removeMs: 0 },
  ) {
    this.#names = names;
    this.#files = files;
    this.#latency = latency;
    this.#removed = new Uint8Array(names.length * files.length);
  }

  async list(query: ListQuery): Promise<ListPage> {
    this.requests.list++;
    await pause(this.#latency.listMs);
    const { prefix, delimiter, startOffset, pageToken, maxResults = PAGE } = query;
    const objects: ObjectFacts[] = [];
    const prefixes: string[] = [];
    const begin = startOffset !== undefined && startOffset > prefix ? startOffset : prefix;
    let at = pageToken === undefined ? this.#firstFrom(begin) : Number(pageToken);
    for (; at < this.#removed.length; at++) {
      const name = this.#nameAt(at);
      if (!name.startsWith(prefix)) break;
      if (this.#removed[at] === 1) continue;
      if (objects.length + prefixes.length === maxResults) {
        return { objects, prefixes, nextPageToken: String(at) };
      }
      const cut = delimiter === undefined ? -1 : name.indexOf(delimiter, prefix.length);
      if (cut < 0) objects.push(factsOf(name, at));
      else {
        prefixes.push(name.slice(0, cut + 1));
        at = this.#firstFrom(`${name.slice(0, cut)}0`) - 1; // "0" is the character behind "/"
      }
    }
    return { objects, prefixes, nextPageToken: undefined };
  }

  async remove(_: string, { generation }: { readonly generation: string }): Promise<boolean> {
    this.requests.remove++;
    await pause(this.#latency.removeMs);
    const at = Number(generation);
    if (this.#removed[at] !== 0) return false;
    this.#removed[at] = 1;
    return true;
  }

  #nameAt(at: number): string {
    const files = this.#files.length;
    return (this.#names[Math.floor(at / files)] ?? "") + (this.#files[at % files] ?? "");
  }

  #firstFrom(bound: string): number {
    let [low, high] = [0, this.#removed.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#nameAt(middle) < bound) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The generation tells where it lies. */
function factsOf(name: string, at: number): ObjectFacts {
  return {
    name,
    generation: String(at),
    size: 100_000,
    contentType: "image/jpeg",
    customTimeMs: undefined,
    createdMs: 0,
    crc32c: undefined,
    metadata: {},
  };
}

async function pause(ms: number): Promise<void> {
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}
