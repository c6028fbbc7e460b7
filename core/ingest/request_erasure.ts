import type { CallOptions } from "../ports/call_options.ts";
import { AppError } from "../errors.ts";
import { t0OfImageId } from "../model/image_id.ts";
import { markerName } from "../model/object_name.ts";
import type { ObjectCreator } from "../ports/object_store.ts";
import type { ImageQuestion } from "../reading/find_image.ts";
import { phaseOf, type RetentionPolicy } from "../retention/policy.ts";
import { CLIENT_ID_WINDOW } from "./admission_policy.ts";

/**
 * Writes the owner's wish to have an image erased, under each of the owner's pseudonyms; idempotent.
 * It is taken for any id inside its retention period, whether or not there is such an image: so it also beats an upload that
 * is under way, and says nothing about others' ids. Throws `not_found` outside of them.
 */
export async function requestErasure(
  ports: { readonly creator: ObjectCreator },
  input: ImageQuestion & { readonly policy: RetentionPolicy; readonly nowMs: number },
  options: CallOptions = {},
): Promise<void> {
  const { tenant, owners, imageId, policy, nowMs } = input;
  const customTimeMs = t0OfImageId(imageId);
  const isAhead = customTimeMs > nowMs + CLIENT_ID_WINDOW.aheadMs;
  if (isAhead || phaseOf(imageId, policy, nowMs) === "expired") {
    throw new AppError("not_found", "There is no such image");
  }
  await Promise.all(
    owners.map((owner) =>
      ports.creator.create(markerName({ tenant, owner, imageId }), new Uint8Array(0), {
        contentType: "application/octet-stream",
        customTimeMs,
        signal: options.signal,
      })
    ),
  );
}
