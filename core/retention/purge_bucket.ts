import { forEachBounded, untilCut } from "../concurrency.ts";
import type { AppError } from "../errors.ts";
import { t0OfImageId } from "../model/image_id.ts";
import { type ImageRef, readProcessedName, readRawName, SHARDS } from "../model/object_name.ts";
import { DAY_MS, dayOf } from "../model/utc_day.ts";
import type { CallOptions } from "../ports/call_options.ts";
import {
  type BatchRemover,
  MAX_REMOVED_AT_ONCE,
  type ObjectFacts,
  type ObjectLister,
} from "../ports/object_store.ts";
import { forEachOfDays } from "./list_days.ts";
import { isFarAhead, type RetentionPolicy } from "./policy.ts";
import {
  countForeign,
  dayIn,
  type ImageBucket,
  type ShardOptions,
  shardPrefixes,
  SHARDS_AT_ONCE,
} from "./shards.ts";

/** What purging a bucket needs. */
export interface PurgeBucketPorts extends ObjectLister, BatchRemover {}

/** What was done in a bucket, and what is left. */
export interface BucketPurge {
  readonly complete: boolean;
  readonly lookedAt: number;
  readonly deleted: number;
  readonly deletedBytes: number;
  readonly overdue: number;
  /** Had to go, and the store does not let them. */
  readonly refused: number;
  readonly foreign: number;
  /** Of the days that were looked at; null where nothing is left of them. */
  readonly oldestT0Ms: number | null;
}

/** An object that had to go and stays. */
export interface Refusal {
  readonly bucket: ImageBucket;
  readonly name: string;
  readonly error: AppError;
}

/** What to purge, and by which clock. */
interface PurgeBucketInput extends ShardOptions {
  readonly bucket: ImageBucket;
  readonly nowMs: number;
  readonly policy: RetentionPolicy;
  /** Ends the looking, so that there is time left to remove what was found. */
  readonly lookSignal?: AbortSignal | undefined;
  /** Called for the first few. */
  readonly onRefusal?: ((refusal: Refusal) => void) | undefined;
}

const BATCHES_AT_ONCE = 32;
/** More than a sweep can remove in its time, and some 100 MB: what is beyond is counted, and left to the next sweep. */
const MOST_HELD = 300_000;
const REFUSALS_REPORTED = 10;

type Tally = { -readonly [Key in keyof BucketPurge]: BucketPurge[Key] };

/** An object whose time has come. */
interface Due extends Pick<ObjectFacts, "name" | "generation" | "size"> {
  readonly t0Ms: number;
}

interface Purge {
  readonly store: PurgeBucketPorts;
  readonly input: PurgeBucketInput;
  readonly tally: Tally;
  readonly due: Due[];
}

/** Reads whose image an object of a bucket is of; null where its name is not ours. */
export function imageOf(bucket: ImageBucket, name: string): ImageRef | null {
  return bucket === "processed" ? readProcessedName(name)?.ref ?? null : readRawName(name);
}

/**
 * Removes every object of a bucket's shards whose T0 + period has come. Looks at everything first, then removes: the days
 * up to the one that is ending, and where nothing is left of them the oldest day behind it that holds anything. Names that
 * are not ours are counted and left alone. An object that the store does not let go is left to the next sweep, and holds up
 * no other. Where a signal cuts it, what was done until then is returned, and that it is not `complete`.
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
    refused: 0,
    foreign: 0,
    oldestT0Ms: null,
  };
  const purge: Purge = { store, input, tally, due: [] };
  const { signal, lookSignal = signal } = input;
  const hasLooked = await untilCut(lookSignal, () => look(purge, lookSignal));
  const isHeldWhole = purge.due.length < MOST_HELD;
  const left = new Set(purge.due);
  const hasRemoved = await untilCut(signal, () => removeAll(purge, left));
  for (const { t0Ms } of left) keepOldest(tally, t0Ms);
  tally.complete = hasLooked && isHeldWhole && hasRemoved;
  return tally;
}

async function look(purge: Purge, signal: AbortSignal | undefined): Promise<void> {
  const { store, tally, input: { bucket, nowMs, policy, shards = SHARDS } } = purge;
  // The parts of a sweep count what is in no shard once.
  if (shards[0] === SHARDS[0]) tally.foreign += await countForeign(store, bucket, { signal });
  const endingMs = nowMs - policy.periodMs;
  await lookThrough(purge, { day: dayOf(endingMs), signal });
  if (tally.oldestT0Ms !== null) return;
  const fromDay = dayOf(endingMs + DAY_MS);
  const day = await oldestDay(purge, fromDay, signal);
  if (day !== undefined) await lookThrough(purge, { day, fromDay, signal });
}

interface Days extends CallOptions {
  readonly day: string;
  readonly fromDay?: string;
}

async function lookThrough({ store, tally, due, input }: Purge, days: Days): Promise<void> {
  const { bucket, nowMs, policy, shards } = input;
  const endedMs = nowMs - policy.periodMs;
  const prefixes = shardPrefixes(bucket, shards);
  await forEachOfDays(store, { prefixes, ...days }, ({ name, generation, size }) => {
    tally.lookedAt++;
    const ref = imageOf(bucket, name);
    if (ref === null || isFarAhead(ref.imageId, nowMs)) return void tally.foreign++;
    const t0Ms = t0OfImageId(ref.imageId);
    if (t0Ms > endedMs) {
      keepOldest(tally, t0Ms);
      return "later";
    }
    if (isOverdue(input, t0Ms)) tally.overdue++;
    if (due.length < MOST_HELD) due.push({ name, generation, size, t0Ms });
    else keepOldest(tally, t0Ms);
  });
}

/** The oldest day, from a day on, that any shard holds a name of. */
async function oldestDay(
  { store, input: { bucket, shards } }: Purge,
  fromDay: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const days: string[] = [];
  await forEachBounded(shardPrefixes(bucket, shards), SHARDS_AT_ONCE, async (prefix) => {
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

/** Removes what is due; `left` keeps what stays. */
async function removeAll(purge: Purge, left: Set<Due>): Promise<void> {
  await forEachBounded(batchesOf(purge.due), BATCHES_AT_ONCE, async (batch) => {
    const successors = await removeBatch(purge, batch, left);
    if (successors.length > 0) await removeBatch(purge, successors, left);
  });
}

function* batchesOf(due: readonly Due[]): Generator<readonly Due[]> {
  for (let at = 0; at < due.length; at += MAX_REMOVED_AT_ONCE) {
    yield due.slice(at, at + MAX_REMOVED_AT_ONCE);
  }
}

/** Removes some; returns those whose name another generation has taken meanwhile, as what is live must go. */
async function removeBatch(purge: Purge, batch: readonly Due[], left: Set<Due>): Promise<Due[]> {
  const { store, tally, input: { signal } } = purge;
  const outcomes = await store.removeMany(batch, { signal });
  const successors: Due[] = [];
  for (const [at, object] of batch.entries()) {
    const outcome = outcomes[at] ?? "absent";
    if (typeof outcome !== "string") {
      refuse(purge, object, outcome);
      continue;
    }
    left.delete(object);
    if (outcome === "removed") {
      tally.deleted++;
      tally.deletedBytes += object.size;
    }
    const successor = outcome === "replaced" ? await successorOf(purge, object) : undefined;
    if (successor === undefined) {
      if (isOverdue(purge.input, object.t0Ms)) tally.overdue--;
      continue;
    }
    left.add(successor);
    successors.push(successor);
  }
  return successors;
}

/** A hold, a right that went, too much at once: all of that may be true of this one alone. */
function refuse({ tally, input: { bucket, onRefusal } }: Purge, { name }: Due, error: AppError) {
  if (++tally.refused <= REFUSALS_REPORTED) onRefusal?.({ bucket, name, error });
}

async function successorOf(
  { store, input: { signal } }: Purge,
  { name, t0Ms }: Due,
): Promise<Due | undefined> {
  const { objects } = await store.list({ prefix: name, maxResults: 1, signal });
  const found = objects.find((object) => object.name === name);
  return found && { ...found, t0Ms };
}
