/** Erasures at the edge: requests that are there already are free, new ones are counted against the tenant's day first. */
import { forEachBounded } from "../concurrency.ts";
import type { AppError } from "../errors.ts";
import type { ImageId } from "../model/image_id.ts";
import { type ImageRef, rawName } from "../model/object_name.ts";
import type { Owner } from "../model/owner.ts";
import type { Tenant } from "../model/tenant.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { ObjectCreator, ObjectReader } from "../ports/object_store.ts";
import type { ErasureQuota } from "../ports/quota.ts";
import { requestErasure } from "./request_erasure.ts";

/** What requesting erasures needs. */
interface RequestErasuresPorts {
  readonly erasures: ObjectCreator & Pick<ObjectReader, "stat">;
  readonly quota: ErasureQuota;
}

/** Which images of one tenant are to be erased. */
interface RequestErasuresInput {
  readonly tenant: Tenant;
  readonly refs: readonly ImageRef[];
  /** Who asks, and the tenant's quota; undefined for staff, who are not bound by it. */
  readonly bound: BoundOwner | undefined;
}

/** An owner, by the pseudonym of today, who is bound by the tenant's quota of erasures. */
interface BoundOwner {
  readonly owner: Owner;
  readonly erasuresPerDay: number;
}

/** Workers have six connections at a time. */
const AT_ONCE = 6;

/** One owner takes at most a tenth of the tenant's erasures, and one call's in any case. */
const OWNERS_SHARE = 10;
const LEAST_PER_OWNER = 50;

/**
 * Requests the erasure of each image, whether or not there is one. Returns the `quota_exceeded` of each that the day has no
 * room for; throws `unavailable`, and then a repeated call requests what is missing and counts nothing twice.
 */
export async function requestErasures(
  { erasures, quota }: RequestErasuresPorts,
  { tenant, refs, bound }: RequestErasuresInput,
  options: CallOptions = {},
): Promise<ReadonlyMap<ImageId, AppError>> {
  const fresh: ImageRef[] = [];
  await forEachBounded(refs, AT_ONCE, async (ref) => {
    if (await erasures.stat(rawName(ref), options) === null) fresh.push(ref);
  });
  const isFresh = new Set(fresh.map(({ imageId }) => imageId));
  // As they were asked for: the first ones are counted where the day has not room for all.
  const imageIds = refs.map(({ imageId }) => imageId).filter((imageId) => isFresh.has(imageId));
  const refused = bound === undefined || imageIds.length === 0
    ? new Map<ImageId, AppError>()
    : await quota.countErasures({
      tenant,
      imageIds,
      ...bound,
      erasuresPerOwner: erasuresPerOwnerOf(bound.erasuresPerDay),
    });
  await forEachBounded(fresh, AT_ONCE, async (ref) => {
    if (!refused.has(ref.imageId)) await requestErasure({ erasures }, ref, options);
  });
  return refused;
}

/** How many of a tenant's daily erasures one owner may take. */
function erasuresPerOwnerOf(erasuresPerDay: number): number {
  return Math.max(LEAST_PER_OWNER, Math.ceil(erasuresPerDay / OWNERS_SHARE));
}
