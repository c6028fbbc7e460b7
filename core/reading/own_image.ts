import { AppError } from "../errors.ts";
import { type ImageId, t0OfImageId } from "../model/image_id.ts";
import type { ImageRef } from "../model/object_name.ts";
import type { OwnerAt } from "../model/owner.ts";
import type { Tenant } from "../model/tenant.ts";
import { phaseOf, type RetentionPolicy } from "../retention/policy.ts";

/** How far ahead of our clock a client's own id may be, in milliseconds. */
export const CLIENT_AHEAD_MS = 5_000;

/** Who asks: everything is read from the token. */
export interface ImageCaller {
  readonly tenant: Tenant;
  readonly ownerAt: OwnerAt;
}

/**
 * The caller's image of an id, whether or not there is one. Its T0 is looked at first: outside its retention period, which
 * needs no salt, it throws `not_found`.
 */
export async function ownImage(
  { tenant, ownerAt }: ImageCaller,
  imageId: ImageId,
  { policy, nowMs }: { readonly policy: RetentionPolicy; readonly nowMs: number },
): Promise<ImageRef> {
  const t0Ms = t0OfImageId(imageId);
  if (t0Ms > nowMs + CLIENT_AHEAD_MS || phaseOf(imageId, policy, nowMs) === "expired") {
    throw new AppError("not_found", "There is no such image");
  }
  return { tenant, owner: await ownerAt(t0Ms), imageId };
}
