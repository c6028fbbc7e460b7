import { forEachBounded, untilCut } from "../concurrency.ts";
import { type AppError, isAppError } from "../errors.ts";
import { t0OfImageId } from "../model/image_id.ts";
import { type ImageRef, readProcessedName, readRawName } from "../model/object_name.ts";
import { DAY_MS, dayOf } from "../model/utc_day.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { ObjectFacts, ObjectLister, ObjectRemover } from "../ports/object_store.ts";
import { isFarAhead, type RetentionPolicy } from "./policy.ts";
import {
  countForeign,
  dayIn,
  type ImageBucket,
  shardPrefixes,
  SHARDS_AT_ONCE,
  walkThrough,
} from "./shards.ts";

/** What purging a bucket needs. */
export interface PurgeBucketPorts extends ObjectLister, ObjectRemover {}

/** What was done in a bucket, and what is left. */
export interface BucketPurge {
  readonly complete: boolean;
  readonly lookedAt: number;
  readonly deleted: number;
  readonly deletedBytes: number;
  readonly overdue: number;
  readonly foreign: number;
  /** Of the days that were looked at; undefined where nothing is left of them. */
  readonly oldestT0Ms: number | undefined;
  /** Why the first of those that had to go and did not was refused; undefined where nothing was. */
  readonly refusal: AppError | undefined;
}

/** What to purge, and by which clock. */
interface PurgeBucketInput extends CallOptions {
  readonly bucket: ImageBucket;
  readonly nowMs: number;
  readonly policy: RetentionPolicy;
}

const REMOVALS_AT_ONCE = 32;

type Tally = { -readonly [Key in keyof BucketPurge]: BucketPurge[Key] };

interface Purge {
  readonly store: PurgeBucketPorts;
  readonly input: PurgeBucketInput;
  readonly tally: Tally;
  /** Names that must go, with their T0. */
  readonly due: Map<ObjectFacts, number>;
}

/** Reads whose image an object of a bucket is of; null where its name is not ours. */
export function imageOf(bucket: ImageBucket, name: string): ImageRef | null {
  return bucket === "processed" ? readProcessedName(name)?.ref ?? null : readRawName(name);
}

/**
 * Removes every object of a bucket whose T0 + period has come. Looks at everything first, then removes: the days up to the
 * one that is ending, in every shard, and where nothing is left of them the oldest day behind it that holds anything. Names that are
 * not ours are counted and left alone. An object that the store does not let go is left to the next sweep, and holds up no
 * other. Where the signal cuts it, what was done until then is returned, and that it is not `complete`.
 */
export async function purgeBucket(
  store: PurgeBucketPorts,
  input: PurgeBucketInput,
): Promise<BucketPurge> {
  const tally: Tally = {
    complete: false,
    lookedAt: 0,
    deleted: 0,
    deletedBytes: 0,
    overdue: 0,
    foreign: 0,
    oldestT0Ms: undefined,
    refusal: undefined,
  };
  const purge: Purge = { store, input, tally, due: new Map() };
  tally.complete = await untilCut(input.signal, async () => {
    await look(purge);
    await forEachBounded(purge.due, REMOVALS_AT_ONCE, ([object]) => purgeObject(purge, object));
  });
  for (const [, t0Ms] of purge.due) keepOldest(tally, t0Ms);
  tally.overdue = [...purge.due.values()].filter((t0Ms) => isOverdue(input, t0Ms)).length;
  return tally;
}

async function look(purge: Purge): Promise<void> {
  const { store, tally, input: { bucket, nowMs, policy, signal } } = purge;
  tally.foreign += await countForeign(store, bucket, { signal });
  const endingMs = nowMs - policy.periodMs;
  await lookThrough(purge, dayOf(endingMs));
  if (tally.oldestT0Ms !== undefined) return;
  const fromDay = dayOf(endingMs + DAY_MS);
  const day = await oldestDay(purge, fromDay);
  if (day !== undefined) await lookThrough(purge, day, fromDay);
}

async function lookThrough(purge: Purge, day: string, fromDay?: string): Promise<void> {
  const { store, tally, input: { bucket, nowMs, policy, signal } } = purge;
  await forEachBounded(shardPrefixes(bucket), SHARDS_AT_ONCE, async (prefix) => {
    for await (const object of walkThrough(store, { prefix, day, fromDay, signal })) {
      const ref = imageOf(bucket, object.name);
      tally.lookedAt++;
      if (ref === null || isFarAhead(ref.imageId, nowMs)) {
        tally.foreign++;
        continue;
      }
      const t0Ms = t0OfImageId(ref.imageId);
      if (nowMs >= t0Ms + policy.periodMs) purge.due.set(object, t0Ms);
      else keepOldest(tally, t0Ms);
    }
  });
}

/** The oldest day, from a day on, that any shard holds a name of. */
async function oldestDay(
  { store, input: { bucket, signal } }: Purge,
  fromDay: string,
): Promise<string | undefined> {
  const days: string[] = [];
  await forEachBounded(shardPrefixes(bucket), SHARDS_AT_ONCE, async (prefix) => {
    const startOffset = prefix + fromDay;
    const { objects: [first] } = await store.list({ prefix, startOffset, maxResults: 1, signal });
    if (first !== undefined) days.push(dayIn(first.name, prefix));
  });
  return days.sort()[0];
}

function isOverdue({ nowMs, policy }: PurgeBucketInput, t0Ms: number): boolean {
  return nowMs > t0Ms + policy.periodMs + policy.graceMs;
}

function keepOldest(tally: Tally, t0Ms: number): void {
  tally.oldestT0Ms = Math.min(tally.oldestT0Ms ?? t0Ms, t0Ms);
}

/** A hold, a right that went, too much at once: all of that may be true of this one alone. */
async function purgeObject(purge: Purge, object: ObjectFacts): Promise<void> {
  try {
    if (await removeWhateverIsThere(purge, object)) purge.due.delete(object);
  } catch (error) {
    if (purge.input.signal?.aborted || !isAppError(error)) throw error;
    purge.tally.refusal ??= error;
  }
}

/** Whether nothing has the name any more: another sweep may have been first, or another generation taken the name. */
async function removeWhateverIsThere(purge: Purge, object: ObjectFacts): Promise<boolean> {
  if (await remove(purge, object)) return true;
  const { store, input: { signal } } = purge;
  const { objects } = await store.list({ prefix: object.name, maxResults: 1, signal });
  const successor = objects.find(({ name }) => name === object.name);
  return successor === undefined || await remove(purge, successor);
}

async function remove(
  { store, input: { signal }, tally }: Purge,
  { name, generation, size }: ObjectFacts,
): Promise<boolean> {
  if (!await store.remove(name, { generation, signal })) return false;
  tally.deleted++;
  tally.deletedBytes += size;
  return true;
}
