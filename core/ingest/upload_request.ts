/** What both ways of uploading through the edge share: who asks, the image's id, and its claim on the tenant's day. */
import { AppError } from "../errors.ts";
import { type ImageId, makeImageId, parseImageId, type RandomBytes } from "../model/image_id.ts";
import type { Owner } from "../model/owner.ts";
import type { Tenant } from "../model/tenant.ts";
import type { TenantPlan } from "../model/tenant_plan.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { Clock } from "../ports/clock.ts";
import type { Quota, QuotaClaim } from "../ports/quota.ts";
import { findImage, type FoundImage, type ReadingPorts } from "../reading/find_image.ts";
import { purgeAtOf, type RetentionPolicy } from "../retention/policy.ts";
import { admitClientImageId } from "./admission_policy.ts";

/** What every upload needs. */
export interface UploadPorts extends ReadingPorts {
  readonly quota: Quota;
  readonly clock: Clock;
  readonly random: RandomBytes;
}

/** Who wants to upload an image. */
export interface UploadRequest {
  readonly tenant: Tenant;
  /** The owner's pseudonyms, newest key first: the first one writes. */
  readonly owners: readonly [Owner, ...Owner[]];
  readonly plan: TenantPlan;
  readonly policy: RetentionPolicy;
  /** The client's own id, for safe retries. */
  readonly imageId?: string | undefined;
  readonly traceparent?: string | undefined;
}

/** An image that is there. */
export type ExistingImage = Exclude<FoundImage, { state: "none" | "erased" }>;

/** The id of an upload; `isGiven` where it is the client's own, `existing` where its image is there already. */
interface AdmittedId {
  readonly imageId: ImageId;
  readonly isGiven: boolean;
  readonly existing?: ExistingImage | undefined;
}

/**
 * Makes an id, or admits the client's own: its image may be there already, at any age within its period.
 * Throws `erased`, and what `parseImageId` and `admitClientImageId` throw.
 */
export async function admitId(
  { clock, random, ...ports }: UploadPorts,
  { imageId: given, ...request }: UploadRequest,
  options: CallOptions,
): Promise<AdmittedId> {
  const nowMs = clock.now();
  if (given === undefined) return { imageId: makeImageId(nowMs, random(10)), isGiven: false };
  const imageId = parseImageId(given);
  const { policy } = request;
  if (nowMs < purgeAtOf(imageId, policy)) {
    const found = await findImage(ports, { ...request, imageId }, options);
    if (found.state === "erased") {
      throw new AppError("erased", "Cannot take this image again as its owner has erased it");
    }
    if (found.state !== "none") return { imageId, isGiven: true, existing: found };
  }
  admitClientImageId(imageId, { nowMs, policy });
  return { imageId, isGiven: true };
}

/** What an image takes from its tenant's day under its plan. */
export function claimOf(
  { tenant, plan: { imagesPerDay, bytesPerDay } }: UploadRequest,
  imageId: ImageId,
  bytes: number,
): QuotaClaim {
  return { tenant, imageId, bytes, imagesPerDay, bytesPerDay };
}
