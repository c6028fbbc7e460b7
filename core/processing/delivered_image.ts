import { type ImageRef, readRawName } from "../model/object_name.ts";
import { isFarAhead } from "../retention/policy.ts";

/** The image that a delivery is about; null where its name is not one of ours, or of a T0 that no source can have given. */
export function deliveredImage(objectName: string, nowMs: number): ImageRef | null {
  const ref = readRawName(objectName);
  return ref === null || isFarAhead(ref.imageId, nowMs) ? null : ref;
}
