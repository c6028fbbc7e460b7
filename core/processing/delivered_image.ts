import { type ImageRef, readRawBucketName } from "../model/object_name.ts";
import { isFarAhead } from "../retention/policy.ts";

/** The image that a delivery is about; null where its name is not one of ours, or of a T0 that no door can have given. */
export function deliveredImage(objectName: string, nowMs: number): ImageRef | null {
  const named = readRawBucketName(objectName);
  return named === null || isFarAhead(named.ref.imageId, nowMs) ? null : named.ref;
}
