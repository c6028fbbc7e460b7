import { createGate, forEachBounded, untilCut } from "../concurrency.ts";
import { type AppError, isAppError } from "../errors.ts";
import { t0OfImageId } from "../model/image_id.ts";
import {
  dayOf,
  type ImageRef,
  readProcessedBucketName,
  readRawBucketName,
  TOP_LEVEL_FOLDERS,
} from "../model/object_name.ts";
import type { ObjectFacts, ObjectLister, ObjectRemover } from "../ports/object_store.ts";
import { forEachName } from "./for_each_name.ts";
import { MAX_AHEAD_MS, type RetentionPolicy } from "./policy.ts";
import { type DayFolder, listDays } from "./day_folders.ts";

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
  readonly oldestT0Ms: number | undefined;
  /** Why the first of those that had to go and did not was refused; undefined where nothing was. */
  readonly refusal: AppError | undefined;
}

/** What to purge, and by which clock. */
interface PurgeBucketInput {
  readonly bucket: "raw" | "processed";
  readonly nowMs: number;
  readonly policy: RetentionPolicy;
  readonly signal?: AbortSignal | undefined;
}

const DAYS_AT_ONCE = 4;
const REMOVALS_AT_ONCE = 32;
const READ_NAME = { raw: readRawBucketName, processed: readProcessedBucketName } as const;
const CONTROL_FOLDER = { raw: TOP_LEVEL_FOLDERS[0], processed: TOP_LEVEL_FOLDERS[1] } as const;

type Tally = { -readonly [Key in keyof BucketPurge]: BucketPurge[Key] };
type Gate = ReturnType<typeof createGate>;

interface Purge {
  readonly store: PurgeBucketPorts;
  readonly input: PurgeBucketInput;
  readonly tally: Tally;
  readonly removals: Gate;
}

/**
 * Removes every object of a bucket whose T0 + period has come, markers and receipts included, from the folders of days
 * that can hold one, side by side, and tells the oldest T0 that is left. Names that are not ours, days that no door can
 * have made among them, are counted and left alone. An object that the store does not let go is left to the next sweep,
 * and holds up no other. Where the signal cuts it, what was done until then is told, and that it is not `complete`.
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
  const purge: Purge = { store, input, tally, removals: createGate(REMOVALS_AT_ONCE) };
  tally.complete = await untilCut(input.signal, () => purgeDays(purge));
  return tally;
}

async function purgeDays(purge: Purge): Promise<void> {
  const { store, tally } = purge;
  const { bucket, nowMs, policy, signal } = purge.input;
  const control = CONTROL_FOLDER[bucket];
  const top = await listDays(store, "", { known: [control], signal });
  const controls = await listDays(store, control, { signal });
  tally.foreign += top.foreign + controls.foreign;
  const folders = inOrder([...top.days, ...controls.days]);
  const expiredDay = dayOf(nowMs - policy.periodMs);
  const lastDay = dayOf(nowMs + MAX_AHEAD_MS);
  const expired = folders.filter(({ day }) => day <= expiredDay);
  await forEachBounded(expired, DAYS_AT_ONCE, (folder) => purgeDay(purge, folder));
  for (const folder of folders) {
    if (folder.day <= expiredDay) continue;
    if (folder.day > lastDay) await countForeign(purge, folder);
    // The oldest day that holds anything tells the oldest T0 left; days after it need no look.
    else if (!isOldestKnown(tally, folder)) await purgeDay(purge, folder);
  }
}

function inOrder(folders: readonly DayFolder[]): DayFolder[] {
  return [...folders].sort((a, b) => a.day < b.day ? -1 : a.day > b.day ? 1 : 0);
}

function isOldestKnown(tally: Tally, folder: DayFolder): boolean {
  return tally.oldestT0Ms !== undefined && dayOf(tally.oldestT0Ms) < folder.day;
}

async function countForeign({ store, input, tally }: Purge, { prefix }: DayFolder): Promise<void> {
  await forEachName(store, { prefix, signal: input.signal }, async () => void tally.foreign++);
}

async function purgeDay(purge: Purge, { prefix }: DayFolder): Promise<void> {
  const { store, input: { bucket, signal }, tally } = purge;
  await forEachName(store, { prefix, signal }, async (object) => {
    signal?.throwIfAborted();
    tally.lookedAt++;
    const named = READ_NAME[bucket](object.name);
    if (named === null) tally.foreign++;
    else await purgeObject(purge, object, named.ref);
  });
}

async function purgeObject(
  purge: Purge,
  object: ObjectFacts,
  { imageId }: ImageRef,
): Promise<void> {
  const { input: { nowMs, policy }, tally } = purge;
  const t0Ms = t0OfImageId(imageId);
  const endMs = t0Ms + policy.periodMs;
  if (nowMs >= endMs && await isGone(purge, object)) return;
  if (nowMs > endMs + policy.graceMs) tally.overdue++;
  tally.oldestT0Ms = Math.min(tally.oldestT0Ms ?? t0Ms, t0Ms);
}

/** A hold, a right that went, too much at once: all of that may be true of this one alone. */
async function isGone(purge: Purge, object: ObjectFacts): Promise<boolean> {
  try {
    return await removeWhateverIsThere(purge, object);
  } catch (error) {
    if (purge.input.signal?.aborted || !isAppError(error)) throw error;
    purge.tally.refusal ??= error;
    return false;
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
  { store, input: { signal }, tally, removals }: Purge,
  { name, generation, size }: ObjectFacts,
): Promise<boolean> {
  if (!await removals(() => store.remove(name, { generation, signal }))) return false;
  tally.deleted++;
  tally.deletedBytes += size;
  return true;
}
