import { t0OfImageId } from "../model/image_id.ts";
import { type ImageRef, rawName } from "../model/object_name.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { ObjectCreator } from "../ports/object_store.ts";

/**
 * Requests the erasure of an image, whether or not there is one: so it also beats an upload that is under way, and says
 * nothing about others' ids. Idempotent.
 */
export async function requestErasure(
  { erasures }: { readonly erasures: ObjectCreator },
  ref: ImageRef,
  { signal }: CallOptions = {},
): Promise<void> {
  await erasures.create(rawName(ref), new Uint8Array(0), {
    contentType: "application/octet-stream",
    customTimeMs: t0OfImageId(ref.imageId),
    signal,
  });
}
