import type { AppError } from "../errors.ts";
import type { ImageId } from "../model/image_id.ts";
import type { Owner } from "../model/owner.ts";
import type { Tenant } from "../model/tenant.ts";

/** What one image takes from its tenant's day. */
export interface QuotaClaim {
  readonly tenant: Tenant;
  readonly imageId: ImageId;
  readonly bytes: number;
  readonly imagesPerDay: number;
  readonly bytesPerDay: number;
}

/** The bytes that an image turned out to have. */
export type ArrivedBytes = Pick<QuotaClaim, "tenant" | "imageId" | "bytes">;

/** Exact daily counts per tenant (UTC days), idempotent by image. */
export interface Quota {
  /**
   * Counts the image once, by the most bytes that were asked for it, however often it is asked; throws `quota_exceeded`
   * with `retryAfterMs` and `limits` where the day has no room, or the image was asked for too often, and leaves what was
   * counted.
   */
  reserve(claim: QuotaClaim): Promise<void>;
  /** Counts the bytes that came for an image of today, whatever was declared; idempotent. */
  settle(arrived: ArrivedBytes): Promise<void>;
  /** Gives the image back, after a definite refusal only. */
  release(claim: QuotaClaim): Promise<void>;
}

/** What a tenant's day (UTC) has counted, and the milliseconds until the next one begins. */
export interface UsedQuota {
  readonly images: number;
  readonly bytes: number;
  readonly endsInMs: number;
}

/** Reads what a day has counted. */
export interface QuotaReader {
  used(tenant: Tenant): Promise<UsedQuota>;
}

/** Erasures of one tenant that are to be counted against its day. */
export interface ErasureClaim {
  readonly tenant: Tenant;
  /** Who asks: the pseudonym of today, whatever day the images are of. */
  readonly owner: Owner;
  readonly imageIds: readonly ImageId[];
  readonly erasuresPerDay: number;
  /** What one owner may take of them. */
  readonly erasuresPerOwner: number;
}

/** Exact daily counts of erasures per tenant (UTC days), idempotent by image. */
export interface ErasureQuota {
  /**
   * Counts each image once a day, in order, as long as the tenant's and the owner's day have room. Returns, of each that it has no room for,
   * `quota_exceeded` with `retryAfterMs` and `limits`.
   */
  countErasures(claim: ErasureClaim): Promise<ReadonlyMap<ImageId, AppError>>;
}
