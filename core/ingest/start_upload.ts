/**
 * The first way through the edge: admit the declaration, make sure of the id, then count it against the tenant's day
 * while the session starts.
 */
import type { CallOptions } from "../ports/call_options.ts";
import { type ImageId, t0OfImageId } from "../model/image_id.ts";
import type { MediaType } from "../model/media_type.ts";
import { rawName } from "../model/object_name.ts";
import { metadataOfDeclaration } from "../model/raw_metadata.ts";
import type { UploadSessions } from "../ports/upload_sessions.ts";
import { closingAtOf, purgeAtOf } from "../retention/policy.ts";
import { admitDeclaration, type Declaration } from "./admission_policy.ts";
import {
  admitId,
  claimOf,
  type ExistingImage,
  type UploadPorts,
  type UploadRequest,
} from "./upload_request.ts";

/** What starting an upload needs. */
interface StartUploadPorts extends UploadPorts {
  readonly sessions: UploadSessions;
}

/** Who wants to upload what. */
export interface StartUploadInput extends UploadRequest {
  readonly declaration: Declaration & { readonly size: number };
  /** The `Origin` of the page that will send the bytes. */
  readonly origin?: string | undefined;
}

/** A session to send the bytes to, or the image that is already there. */
type StartedUpload =
  | {
    readonly kind: "started";
    readonly imageId: ImageId;
    readonly url: string;
    readonly contentType: MediaType;
    /** The write cutoff, in milliseconds since the epoch. */
    readonly expiresAtMs: number;
    readonly purgeAtMs: number;
  }
  | { readonly kind: "exists"; readonly image: ExistingImage };

/** Starts an upload. Throws what `admitDeclaration` and `admitId` throw, `quota_exceeded`, `unavailable`. */
export async function startUpload(
  ports: StartUploadPorts,
  input: StartUploadInput,
  { signal }: CallOptions = {},
): Promise<StartedUpload> {
  const { plan, policy, origin, traceparent } = input;
  const { contentType, ...declared } = admitDeclaration(input.declaration, plan);
  const { ref, isGiven, existing } = await admitId(ports, input, declared, { signal });
  if (existing !== undefined) return { kind: "exists", image: existing };
  const { imageId } = ref;
  const { size } = input.declaration;
  const claim = claimOf(input, imageId, size);
  // At once: a session that the day has no room for is never returned, so that nothing can come of it.
  const [counted, opened] = await Promise.allSettled([
    ports.quota.reserve(claim),
    ports.sessions.start(rawName(ref), {
      contentType,
      size,
      customTimeMs: t0OfImageId(imageId),
      metadata: metadataOfDeclaration({ source: "edge", ...declared, traceparent }),
      origin,
      signal,
    }),
  ]);
  if (counted.status === "rejected") throw counted.reason;
  if (opened.status === "rejected") {
    // An id made here is known to nobody, so that nothing can be stored for it: its day gets the image back. A client's
    // own id may have a session from an earlier call; it stays counted, once, for the client to try again.
    // A release that fails only counts one too many.
    if (!isGiven) await ports.quota.release(claim).catch(() => undefined);
    throw opened.reason;
  }
  return {
    kind: "started",
    imageId,
    url: opened.value.url,
    contentType,
    expiresAtMs: closingAtOf(imageId, policy),
    purgeAtMs: purgeAtOf(imageId, policy),
  };
}
