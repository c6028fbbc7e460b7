/** What both ways of uploading through the edge share: who asks, the image's id, and its claim on the tenant's day. */
import { AppError } from "../errors.ts";
import {
  type ImageId,
  makeImageId,
  parseImageId,
  type RandomBytes,
  t0OfImageId,
} from "../model/image_id.ts";
import type { ImageRef } from "../model/object_name.ts";
import type { TenantPlan } from "../model/tenant_plan.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { Clock } from "../ports/clock.ts";
import type { Quota, QuotaClaim } from "../ports/quota.ts";
import { findImage, type ReadingPorts, type SeenImage } from "../reading/find_image.ts";
import { CLIENT_AHEAD_MS, type ImageCaller } from "../reading/own_image.ts";
import { purgeAtOf, type RetentionPolicy } from "../retention/policy.ts";
import { admitClientImageId, requireOpen } from "./admission_policy.ts";

/** What every upload needs. */
export interface UploadPorts extends ReadingPorts {
  readonly quota: Quota;
  readonly clock: Clock;
  readonly random: RandomBytes;
}

/** Who wants to upload an image. */
export interface UploadRequest extends ImageCaller {
  readonly plan: TenantPlan;
  readonly policy: RetentionPolicy;
  /** The client's own id, for safe retries. */
  readonly imageId?: string | undefined;
  readonly traceparent?: string | undefined;
}

/** What is declared of the bytes: an image that is already there must agree with it. */
export interface DeclaredBytes {
  readonly size?: number | undefined;
  /** Lower-case hex. */
  readonly sha256?: string | undefined;
}

/** An image that is there. */
export type ExistingImage = Exclude<SeenImage, { state: "erased" }>;

/** Whose image an upload makes; `isGiven` where the id is the client's own, `existing` where it is there already. */
interface AdmittedImage {
  readonly ref: ImageRef;
  readonly isGiven: boolean;
  readonly existing?: ExistingImage | undefined;
}

/**
 * Makes an id, or admits the client's own: its image may be there already, at any age within its period.
 * Throws `unavailable` for a new image where the edge is closed, `erased`, `conflict` where the image there has other bytes, and what `parseImageId` and `admitClientImageId` throw.
 */
export async function admitId(
  { clock, random, ...ports }: UploadPorts,
  { imageId: given, tenant, ownerAt, reaches, policy, plan }: UploadRequest,
  declared: DeclaredBytes,
  options: CallOptions,
): Promise<AdmittedImage> {
  const nowMs = clock.now();
  const isGiven = given !== undefined;
  const imageId = isGiven ? parseImageId(given) : makeImageId(nowMs, random(10));
  const t0Ms = t0OfImageId(imageId);
  const isKept = nowMs < purgeAtOf(imageId, policy) && t0Ms <= nowMs + CLIENT_AHEAD_MS;
  // An id outside its period has no salt, and is refused below.
  if (!isKept) admitClientImageId(imageId, { nowMs, policy });
  const ref = { tenant, owner: await ownerAt(t0Ms), imageId };
  if (!isGiven) {
    requireOpen(plan, "edge");
    return { ref, isGiven };
  }
  const found = await findImage(ports, ref, options);
  if (found.state !== "none" && reaches !== undefined && !await reaches(imageId)) {
    throw new AppError("conflict", "Cannot take image: this imageId is taken");
  }
  if (found.state === "erased") {
    throw new AppError("erased", "Cannot take this image again as its owner has erased it");
  }
  if (found.state !== "none") {
    requireSameBytes(found, declared);
    return { ref, isGiven, existing: found };
  }
  requireOpen(plan, "edge");
  admitClientImageId(imageId, { nowMs, policy });
  return { ref, isGiven };
}

/** What is not known of the image, or was not declared, agrees. */
function requireSameBytes(found: ExistingImage, declared: DeclaredBytes): void {
  const { bytes, sha256 }: { bytes: number; sha256?: string | undefined } = found.state === "done"
    ? found.manifest
    : found;
  const isSame = (declared.size ?? bytes) === bytes &&
    (sha256 ?? declared.sha256) === (declared.sha256 ?? sha256);
  if (isSame) return;
  const message = "Cannot take image: other bytes were uploaded under this imageId";
  throw new AppError("conflict", message);
}

/** What an image takes from its tenant's day under its plan. */
export function claimOf(
  { tenant, plan: { imagesPerDay, bytesPerDay } }: Pick<UploadRequest, "tenant" | "plan">,
  imageId: ImageId,
  bytes: number,
): QuotaClaim {
  return { tenant, imageId, bytes, imagesPerDay, bytesPerDay };
}
