/** Flows over a bucket shard by shard: every name begins with its shard and its day, so that the oldest come first. */
import { forEachBounded } from "../concurrency.ts";
import { pagesOf, walkNames } from "../listing.ts";
import { dayPrefix, ERASURE_FOLDERS, REPAIR_FOLDER, SHARDS } from "../model/object_name.ts";
import { DAY_MS, dayOf } from "../model/utc_day.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { ObjectFacts, ObjectLister } from "../ports/object_store.ts";

/** The buckets that hold names of images. */
export type ImageBucket = "raw" | "processed" | "erasures";

/** A job's part of the shards, where several instances share its work. */
export interface ShardOptions extends CallOptions {
  /** All of them where none are named. */
  readonly shards?: readonly string[] | undefined;
}

/** Shards, or folders of them, that are listed side by side. */
export const SHARDS_AT_ONCE = 32;

/** Where names of a bucket begin: the bucket itself, and the folders of erasures. */
const ROOTS: Readonly<Record<ImageBucket, readonly string[]>> = {
  raw: [""],
  erasures: [""],
  processed: ["", ERASURE_FOLDERS.receipt, ERASURE_FOLDERS.erasing],
};

/** Every prefix of a bucket that names of a shard begin with. */
export function shardPrefixes(bucket: ImageBucket, shards: readonly string[] = SHARDS): string[] {
  return ROOTS[bucket].flatMap((root) => shards.map((shard) => `${root}${shard}/`));
}

/** The shards in so many parts of about the same size, none of them empty. */
export function partsOf(count: number, shards: readonly string[] = SHARDS): string[][] {
  const length = Math.min(count, shards.length);
  const at = (part: number) => Math.round(part * shards.length / length);
  return Array.from({ length }, (_, part) => shards.slice(at(part), at(part + 1)));
}

/** Every object of a bucket, some shards side by side. */
export async function forEachObject(
  lister: ObjectLister,
  bucket: ImageBucket,
  visit: (object: ObjectFacts) => void,
  options: CallOptions = {},
): Promise<void> {
  await forEachBounded(shardPrefixes(bucket), SHARDS_AT_ONCE, async (prefix) => {
    for await (const object of walkNames(lister, { prefix, ...options })) visit(object);
  });
}

/** How many names and folders where shards begin are not ours: nothing decides when they end. */
export async function countForeign(
  lister: ObjectLister,
  bucket: ImageBucket,
  options: CallOptions = {},
): Promise<number> {
  const notes = bucket === "processed" ? [REPAIR_FOLDER] : [];
  const ours = new Set([...ROOTS[bucket], ...shardPrefixes(bucket), ...notes]);
  let foreign = 0;
  for (const prefix of ROOTS[bucket]) {
    for await (const page of pagesOf(lister, { prefix, delimiter: "/", ...options })) {
      foreign += page.objects.length + page.prefixes.filter((folder) => !ours.has(folder)).length;
    }
  }
  return foreign;
}

/** The text where a name of a shard has its day. */
export function dayIn(name: string, prefix: string): string {
  return name.slice(prefix.length, prefix.length + "yyyy-mm-dd".length);
}

/** The days that can hold names which are still kept at `nowMs`, oldest first, with slack for clocks that are ahead. */
export function keptDays(nowMs: number, periodMs: number): string[] {
  const days: string[] = [];
  const last = dayOf(nowMs + 10_000);
  for (let ms = nowMs - periodMs; dayOf(ms) <= last; ms += DAY_MS) days.push(dayOf(ms));
  return days;
}

/** The folders of a day, one a shard. */
export function dayPrefixes(day: string, shards: readonly string[] = SHARDS): string[] {
  return shards.map((shard) => dayPrefix(shard, day));
}
