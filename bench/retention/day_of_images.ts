import { dayPrefix, SHARDS } from "@tintype/core/model/object_name";
import { DAY_MS, dayOf } from "@tintype/core/model/utc_day";
import type { ListPage, ListQuery, ObjectFacts } from "@tintype/core/ports/object_store";
import type { PurgeBucketPorts } from "@tintype/core/retention/purge_bucket";

/** How many images a day has, and what each request costs beside its work, in milliseconds. */
export interface DayOptions {
  readonly images: number;
  readonly dayStartMs: number;
  /** What follows an image's name, ascending: `[""]` for the raw bucket. */
  readonly files: readonly string[];
  readonly listMs: number;
  readonly batchMs: number;
}

const PAGE = 1000;
const DIGITS = "234567abcdefghijklmnopqrstuvwxyz"; // base32 in the order of a listing
const IMAGES_AN_OWNER = 20;
/** One tenant has nearly everything, as where one product is the largest: where each one's share of the owners ends. */
const TENANTS = [["acme", 0.9], ["beta", 0.99], ["cord", 1]] as const;
const OWNER_DIGITS = 6;

/** A bucket that holds the same files of every image of one day. Names are computed as they are listed, so that none is kept. */
export class DayOfImages implements PurgeBucketPorts {
  readonly requests = { list: 0, batch: 0 };
  readonly #options: DayOptions;
  readonly #day: string;
  readonly #owners: number;
  readonly #removed = new Map<string, Set<number>>();

  constructor(options: DayOptions) {
    this.#options = options;
    this.#day = dayOf(options.dayStartMs);
    this.#owners = Math.ceil(options.images / SHARDS.length / IMAGES_AN_OWNER);
  }

  /** Names of a shard's day. */
  get namesOfShard(): number {
    return this.#owners * IMAGES_AN_OWNER * this.#options.files.length;
  }

  async list({ prefix, delimiter, pageToken, ...bounds }: ListQuery): Promise<ListPage> {
    this.requests.list++;
    await pause(this.#options.listMs);
    const shard = prefix.slice(0, 1);
    if (delimiter !== undefined || prefix !== `${shard}/`) {
      const prefixes = prefix === "" ? SHARDS.map((each) => `${each}/`) : [];
      return { objects: [], prefixes, nextPageToken: undefined };
    }
    const removed = this.#removed.get(shard);
    const { startOffset = prefix, endOffset, maxResults = PAGE } = bounds;
    const end = endOffset === undefined ? this.namesOfShard : this.#firstFrom(shard, endOffset);
    let at = pageToken === undefined ? this.#firstFrom(shard, startOffset) : Number(pageToken);
    const objects: ObjectFacts[] = [];
    for (; at < end && objects.length < maxResults; at++) {
      if (removed?.has(at) !== true) objects.push(factsOf(this.#nameAt(shard, at), at));
    }
    return { objects, prefixes: [], nextPageToken: at < end ? String(at) : undefined };
  }

  async removeMany(objects: readonly Pick<ObjectFacts, "name" | "generation">[]) {
    this.requests.batch++;
    await pause(this.#options.batchMs);
    return objects.map(({ name, generation }) => {
      this.#removedOf(name.charAt(0)).add(Number(generation));
      return "removed" as const;
    });
  }

  #removedOf(shard: string): Set<number> {
    const removed = this.#removed.get(shard) ?? new Set();
    this.#removed.set(shard, removed);
    return removed;
  }

  #nameAt(shard: string, at: number): string {
    const { files } = this.#options;
    const image = Math.floor(at / files.length);
    const newest = this.#newestImage;
    if (newest.at !== image || newest.shard !== shard) {
      this.#newestImage = { shard, at: image, text: this.#imageAt(shard, image) };
    }
    return this.#newestImage.text + (files[at % files.length] ?? "");
  }

  #newestImage = { shard: "", at: -1, text: "" };

  #imageAt(shard: string, image: number): string {
    const { dayStartMs } = this.#options;
    const owner = Math.floor(image / IMAGES_AN_OWNER);
    const phase = (owner * 0.618_033_988_749) % 1;
    const share = (image % IMAGES_AN_OWNER + phase) / IMAGES_AN_OWNER;
    const hex = Math.floor(dayStartMs + share * DAY_MS).toString(16).padStart(12, "0");
    const id = `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
    return this.#folderOf(shard, owner) + id;
  }

  #newestFolder = { shard: "", owner: -1, text: "" };

  /** Listings ask for an owner's many times in a row. */
  #folderOf(shard: string, owner: number): string {
    const newest = this.#newestFolder;
    if (newest.owner === owner && newest.shard === shard) return newest.text;
    const share = owner / this.#owners;
    const at = TENANTS.findIndex(([, below]) => share < below);
    const [tenant, below] = TENANTS[at] ?? ["cord", 1];
    const above = TENANTS[at - 1]?.[1] ?? 0;
    let value = Math.floor((share - above) / (below - above) * 32 ** OWNER_DIGITS);
    let digits = "";
    for (let digit = 0; digit < OWNER_DIGITS; digit++) {
      digits = (DIGITS[value % 32] ?? "") + digits;
      value = Math.floor(value / 32);
    }
    const text = `${dayPrefix(shard, this.#day)}${tenant}/${shard}${digits}${"m".repeat(13)}/`;
    this.#newestFolder = { shard, owner, text };
    return text;
  }

  #firstFrom(shard: string, bound: string): number {
    let [low, high] = [0, this.namesOfShard];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#nameAt(shard, middle) < bound) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The generation is the place of the name. */
function factsOf(name: string, at: number): ObjectFacts {
  return {
    name,
    generation: String(at),
    size: 100_000,
    contentType: undefined,
    customTimeMs: undefined,
    createdMs: 0,
    crc32c: undefined,
    metadata: {},
  };
}

async function pause(ms: number): Promise<void> {
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}
