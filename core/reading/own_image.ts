import { AppError, isAppError } from "../errors.ts";
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
  /** Whether the caller may know of an image of this owner; left out where it may know of all. */
  readonly reaches?: ((imageId: ImageId) => Promise<boolean>) | undefined;
}

/**
 * The caller's image of an id, whether or not there is one. Its T0 is looked at first: outside its retention period, which
 * needs no salt, it throws `not_found`, as it does for an image that the caller does not reach.
 */
export async function ownImage(
  { tenant, ownerAt, reaches }: ImageCaller,
  imageId: ImageId,
  { policy, nowMs }: { readonly policy: RetentionPolicy; readonly nowMs: number },
): Promise<ImageRef> {
  const t0Ms = t0OfImageId(imageId);
  if (t0Ms > nowMs + CLIENT_AHEAD_MS || phaseOf(imageId, policy, nowMs) === "expired") {
    throw noSuchImage();
  }
  if (reaches !== undefined && !await reaches(imageId)) throw noSuchImage();
  return { tenant, owner: await ownerAt(t0Ms), imageId };
}

/** The caller's images of many ids, each once, and the `not_found` of the others; throws what else {@link ownImage} throws. */
export async function ownImages(
  caller: ImageCaller,
  imageIds: readonly ImageId[],
  at: Parameters<typeof ownImage>[2],
) {
  const refused = new Map<ImageId, AppError>();
  const refs = await Promise.all([...new Set(imageIds)].map(async (imageId) => {
    try {
      return await ownImage(caller, imageId, at);
    } catch (error) {
      if (!isAppError(error, "not_found")) throw error;
      refused.set(imageId, error);
      return undefined;
    }
  }));
  return { refs: refs.filter((ref) => ref !== undefined), refused };
}

/** The same for an image that is somebody else's, is gone or never was. */
export function noSuchImage(): AppError {
  return new AppError("not_found", "No image of yours has this id");
}
