import { forEachBounded } from "../concurrency.ts";
import {
  type ImageRef,
  type NamedObject,
  readProcessedBucketName,
  readRawBucketName,
  TOP_LEVEL_FOLDERS,
} from "../model/object_name.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { ObjectFacts, ObjectLister } from "../ports/object_store.ts";
import { forEachName } from "./for_each_name.ts";
import type { RetentionPolicy } from "./policy.ts";
import { listDays } from "./day_folders.ts";

/** What an audit saw of the erasures that owners asked for. */
export interface AuditedErasures {
  readonly asked: number;
  /** With a receipt: the last copy was gone. */
  readonly receipts: number;
  /** Without a receipt for longer than an erasure may take. */
  readonly overdue: number;
  /** Objects of images that have a receipt, there for longer than the grace. */
  readonly survivors: number;
}

/** What an audit of erasures looks at, and by which clock. */
interface AuditErasuresInput {
  readonly raw: ObjectLister;
  readonly processed: ObjectLister;
  readonly nowMs: number;
  readonly policy: RetentionPolicy;
  readonly signal?: AbortSignal | undefined;
}

const DAYS_AT_ONCE = 4;
const [MARKERS, RECEIPTS] = TOP_LEVEL_FOLDERS;

/**
 * Lists markers and receipts and holds them against each other; then `see` is to be called with every other object of
 * both buckets, and `result` tells. Holds in memory what was asked for, not what is kept.
 */
export async function auditErasures({ raw, processed, nowMs, policy, signal }: AuditErasuresInput) {
  const receipts = new Set<string>();
  await forEachBelow(processed, RECEIPTS, { signal }, ({ name }) => {
    const named = readProcessedBucketName(name);
    if (named?.kind === "receipt") receipts.add(keyOf(named.ref));
  });
  const erased = new Set<string>();
  let asked = 0;
  let overdue = 0;
  let survivors = 0;
  await forEachBelow(raw, MARKERS, { signal }, ({ name, createdMs }) => {
    const named = readRawBucketName(name);
    if (named?.kind !== "marker") return;
    asked++;
    if (receipts.has(keyOf(named.ref))) erased.add(keyOf(named.ref));
    else if (nowMs - createdMs > policy.erasureMs) overdue++;
  });
  return {
    see({ kind, ref }: NamedObject, { createdMs }: ObjectFacts): void {
      if (kind === "marker" || kind === "receipt" || !erased.has(keyOf(ref))) return;
      // What was under way is undone by who wrote it, and in any case by the next sweep.
      if (nowMs - createdMs > policy.graceMs) survivors++;
    },
    result: (): AuditedErasures => ({ asked, receipts: erased.size, overdue, survivors }),
  };
}

async function forEachBelow(
  store: ObjectLister,
  root: string,
  { signal }: CallOptions,
  see: (object: ObjectFacts) => void,
): Promise<void> {
  const { days } = await listDays(store, root, { signal });
  await forEachBounded(
    days,
    DAYS_AT_ONCE,
    ({ prefix }) => forEachName(store, { prefix, signal }, async (object) => see(object)),
  );
}

function keyOf({ tenant, owner, imageId }: ImageRef): string {
  return `${tenant}/${owner}/${imageId}`;
}
