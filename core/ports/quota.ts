import type { AppError } from "../errors.ts";
import type { ImageId } from "../model/image_id.ts";
import type { Tenant } from "../model/tenant.ts";

/** What one image takes from its tenant's day. */
export interface QuotaClaim {
  readonly tenant: Tenant;
  readonly imageId: ImageId;
  readonly bytes: number;
  readonly imagesPerDay: number;
  readonly bytesPerDay: number;
}

/** Exact daily counts per tenant (UTC days), idempotent by image. */
export interface Quota {
  /**
   * Counts the image once, by the most bytes that were asked for it, however often it is asked; throws `quota_exceeded`
   * with `retryAfterMs` and `limits` where the day has no room, and leaves what was counted.
   */
  reserve(claim: QuotaClaim): Promise<void>;
  /** Counts `bytes` for an image that was reserved with more because its size was not known; idempotent. */
  settle(claim: QuotaClaim): Promise<void>;
  /** Gives the image back, after a definite refusal only. */
  release(claim: QuotaClaim): Promise<void>;
}

/** Erasures of one tenant that are to be counted against its day. */
export interface ErasureClaim {
  readonly tenant: Tenant;
  readonly imageIds: readonly ImageId[];
  readonly erasuresPerDay: number;
}

/** Exact daily counts of erasures per tenant (UTC days), idempotent by image. */
export interface ErasureQuota {
  /**
   * Counts each image once a day, in order, as long as the day has room. Returns, of each that it has no room for,
   * `quota_exceeded` with `retryAfterMs` and `limits`.
   */
  countErasures(claim: ErasureClaim): Promise<ReadonlyMap<ImageId, AppError>>;
}
