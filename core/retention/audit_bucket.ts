import { t0OfImageId } from "../model/image_id.ts";
import type { ObjectFacts, ObjectLister } from "../ports/object_store.ts";
import { isFarAhead, type RetentionPolicy } from "./policy.ts";
import { imageOf } from "./purge_bucket.ts";
import { countForeign, forEachObject, type ImageBucket } from "./shards.ts";

/** What an audit saw in a bucket by listing all of it. */
export interface AuditedBucket {
  readonly objects: number;
  readonly bytes: number;
  readonly oldestT0Ms: number | undefined;
  readonly newestT0Ms: number | undefined;
  /** Past their period, and within the grace in which they are removed. */
  readonly due: number;
  /** Past their period and its grace. */
  readonly overdue: number;
  /** The first few names that are overdue, with no more in them than ids. */
  readonly overdueNames: readonly string[];
  /** Names and folders that are not ours. */
  readonly foreign: number;
}

/** Which bucket, by which clock, and who else wants to see each object. */
interface AuditBucketInput {
  readonly bucket: ImageBucket;
  readonly nowMs: number;
  readonly policy: RetentionPolicy;
  readonly onObject?: (object: ObjectFacts) => void;
  readonly signal?: AbortSignal | undefined;
}

const MAX_NAMES = 10;

/** Lists a whole bucket and judges every name by the T0 in it; changes nothing. */
export async function auditBucket(
  store: ObjectLister,
  { bucket, nowMs, policy, onObject, signal }: AuditBucketInput,
): Promise<AuditedBucket> {
  const seen = {
    objects: 0,
    bytes: 0,
    oldestT0Ms: undefined as number | undefined, // widened, as it begins unknown
    newestT0Ms: undefined as number | undefined, // likewise
    due: 0,
    overdue: 0,
    overdueNames: [] as string[], // widened likewise
    foreign: await countForeign(store, bucket, { signal }),
  };
  const judge = (object: ObjectFacts) => {
    seen.objects++;
    seen.bytes += object.size;
    const ref = imageOf(bucket, object.name);
    if (ref === null || isFarAhead(ref.imageId, nowMs)) return void seen.foreign++;
    onObject?.(object);
    const t0Ms = t0OfImageId(ref.imageId);
    seen.oldestT0Ms = Math.min(seen.oldestT0Ms ?? t0Ms, t0Ms);
    seen.newestT0Ms = Math.max(seen.newestT0Ms ?? t0Ms, t0Ms);
    const overMs = nowMs - t0Ms - policy.periodMs;
    if (overMs < 0) return;
    if (overMs <= policy.graceMs) return void seen.due++;
    seen.overdue++;
    if (seen.overdueNames.length < MAX_NAMES) seen.overdueNames.push(object.name);
  };
  await forEachObject(store, bucket, judge, { signal });
  return seen;
}
