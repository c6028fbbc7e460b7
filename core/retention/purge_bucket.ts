import { forEachBounded, untilCut } from "../concurrency.ts";
import { t0OfImageId } from "../model/image_id.ts";
import {
  dayOf,
  type NamedObject,
  readProcessedBucketName,
  readRawBucketName,
  TOP_LEVEL_FOLDERS,
} from "../model/object_name.ts";
import type { ObjectFacts, ObjectLister, ObjectRemover } from "../ports/object_store.ts";
import type { RetentionPolicy } from "./policy.ts";
import { type DayFolder, listDays, walkNames } from "./walk_names.ts";

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
}

/** What to purge, and by which clock. */
export interface PurgeBucketInput {
  readonly bucket: "raw" | "processed";
  readonly nowMs: number;
  readonly policy: RetentionPolicy;
  readonly signal?: AbortSignal | undefined;
}

const REMOVALS_AT_ONCE = 16;
const READ_NAME = { raw: readRawBucketName, processed: readProcessedBucketName } as const;
const CONTROL_FOLDER = { raw: TOP_LEVEL_FOLDERS[0], processed: TOP_LEVEL_FOLDERS[1] } as const;

type Tally = { -readonly [Key in keyof BucketPurge]: BucketPurge[Key] };

/**
 * Removes every object of a bucket whose T0 + period has come, markers and receipts included, from the folders of days
 * that can hold one, and tells the oldest T0 that is left. Names that are not ours are counted and left alone.
 * Where the signal cuts it, what was done until then is told, and that it is not `complete`.
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
  };
  tally.complete = await untilCut(input.signal, () => purgeDays(store, { input, tally }));
  return tally;
}

async function purgeDays(
  store: PurgeBucketPorts,
  { input, tally }: { input: PurgeBucketInput; tally: Tally },
): Promise<void> {
  const { bucket, nowMs, policy, signal } = input;
  const control = CONTROL_FOLDER[bucket];
  const top = await listDays(store, { root: "", known: [control], signal });
  const controls = await listDays(store, { root: control, signal });
  tally.foreign += top.foreign + controls.foreign;
  const lastExpiredDay = dayOf(nowMs - policy.periodMs);
  for (const folder of inOrder([...top.days, ...controls.days])) {
    // The oldest day that holds anything tells the oldest T0 left; days after it need no look.
    if (folder.day > lastExpiredDay && isOldestKnown(tally, folder)) continue;
    await purgeDay(store, { folder, input, tally });
  }
}

function inOrder(folders: readonly DayFolder[]): DayFolder[] {
  return [...folders].sort((a, b) => a.day < b.day ? -1 : a.day > b.day ? 1 : 0);
}

function isOldestKnown(tally: Tally, folder: DayFolder): boolean {
  return tally.oldestT0Ms !== undefined && dayOf(tally.oldestT0Ms) < folder.day;
}

async function purgeDay(
  store: PurgeBucketPorts,
  { folder, input, tally }: { folder: DayFolder; input: PurgeBucketInput; tally: Tally },
): Promise<void> {
  const { bucket, signal } = input;
  await forEachBounded(
    walkNames(store, { prefix: folder.prefix, signal }),
    REMOVALS_AT_ONCE,
    async (object) => {
      signal?.throwIfAborted();
      tally.lookedAt++;
      const named = READ_NAME[bucket](object.name);
      if (named === null) tally.foreign++;
      else await purgeObject(store, { object, named, input, tally });
    },
  );
}

async function purgeObject(
  store: PurgeBucketPorts,
  { object, named, input, tally }: {
    object: ObjectFacts;
    named: NamedObject;
    input: PurgeBucketInput;
    tally: Tally;
  },
): Promise<void> {
  const { nowMs, policy, signal } = input;
  const t0Ms = t0OfImageId(named.ref.imageId);
  const endMs = t0Ms + policy.periodMs;
  if (
    nowMs >= endMs && await store.remove(object.name, { generation: object.generation, signal })
  ) {
    tally.deleted++;
    tally.deletedBytes += object.size;
    return;
  }
  // Not removed although its time has come: another generation took the name, or another sweep was first.
  if (nowMs >= endMs && !await isStillThere(store, object.name, signal)) return;
  if (nowMs > endMs + policy.graceMs) tally.overdue++;
  tally.oldestT0Ms = Math.min(tally.oldestT0Ms ?? t0Ms, t0Ms);
}

async function isStillThere(
  store: ObjectLister,
  name: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const page = await store.list({ prefix: name, maxResults: 1, signal });
  return page.objects.some((object) => object.name === name);
}
