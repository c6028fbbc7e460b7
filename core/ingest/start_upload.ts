/**
 * The first door: admit the declaration, make sure of the id, then count it against the tenant's day while the session
 * starts.
 */
import type { CallOptions } from "../ports/call_options.ts";
import { AppError } from "../errors.ts";
import type { ImageId, RandomBytes } from "../model/image_id.ts";
import { t0OfImageId } from "../model/image_id.ts";
import type { MediaType } from "../model/media_type.ts";
import { type ImageRef, rawName } from "../model/object_name.ts";
import type { Owner } from "../model/owner.ts";
import { metadataOfDeclaration } from "../model/raw_metadata.ts";
import type { Tenant } from "../model/tenant.ts";
import type { TenantPlan } from "../model/tenant_plan.ts";
import type { Clock } from "../ports/clock.ts";
import type { Quota, QuotaClaim } from "../ports/quota.ts";
import type { UploadSessions } from "../ports/upload_sessions.ts";
import { findImage, type FoundImage, type ReadingPorts } from "../reading/find_image.ts";
import { closingAtOf, purgeAtOf, type RetentionPolicy } from "../retention/policy.ts";
import {
  admitClientImageId,
  admitDeclaration,
  type Declaration,
  imageIdOf,
} from "./admission_policy.ts";

/** What starting an upload needs. */
export interface StartUploadPorts extends ReadingPorts {
  readonly sessions: UploadSessions;
  readonly quota: Quota;
  readonly clock: Clock;
  readonly random: RandomBytes;
}

/** Who wants to upload what. */
export interface StartUploadInput {
  readonly tenant: Tenant;
  /** The owner's pseudonyms, newest key first: the first one writes. */
  readonly owners: readonly [Owner, ...Owner[]];
  readonly plan: TenantPlan;
  readonly policy: RetentionPolicy;
  readonly declaration: Declaration & { readonly size: number };
  /** The client's own id, for safe retries. */
  readonly imageId?: string | undefined;
  /** The `Origin` of the page that will send the bytes. */
  readonly origin?: string | undefined;
  readonly traceparent?: string | undefined;
}

/** A session to send the bytes to, or the image that is already there. */
export type StartedUpload =
  | {
    readonly kind: "started";
    readonly imageId: ImageId;
    readonly url: string;
    readonly contentType: MediaType;
    /** The start of closing time, in milliseconds since the epoch. */
    readonly expiresAtMs: number;
    readonly purgeAtMs: number;
  }
  | { readonly kind: "exists"; readonly image: ExistingImage };

/** An image that is there. */
export type ExistingImage = Exclude<FoundImage, { state: "none" | "erased" }>;

/**
 * Starts an upload. Throws what `admitDeclaration` and `admitClientImageId` throw, `erased` for an erased id,
 * `quota_exceeded`, `unavailable`.
 */
export async function startUpload(
  ports: StartUploadPorts,
  input: StartUploadInput,
  options: CallOptions = {},
): Promise<StartedUpload> {
  const { tenant, owners, plan, policy } = input;
  const nowMs = ports.clock.now();
  const declaration = admitDeclaration(input.declaration, plan);
  const { imageId, isGiven } = imageIdOf(input.imageId, { nowMs, random: ports.random });
  if (isGiven) {
    const image = await existingImage(ports, { ...input, imageId, nowMs }, options);
    if (image !== undefined) return { kind: "exists", image };
  }
  const claim = claimOf(input, { imageId, bytes: input.declaration.size });
  const ref: ImageRef = { tenant, owner: owners[0], imageId };
  const session = { input, ref, contentType: declaration.contentType };
  // At once: a session that the day has no room for is told to nobody, so that nothing can come of it.
  const [counted, opened] = await Promise.allSettled([
    ports.quota.reserve(claim),
    startSession(ports, session, options),
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
    contentType: declaration.contentType,
    expiresAtMs: closingAtOf(imageId, policy),
    purgeAtMs: purgeAtOf(imageId, policy),
  };
}

/**
 * The image of a client's own id, where it is there already (at any age within its period); else the id is admitted.
 * Throws `erased`, and what `admitClientImageId` throws.
 */
export async function existingImage(
  ports: ReadingPorts,
  input: Pick<StartUploadInput, "tenant" | "owners" | "policy"> & {
    imageId: ImageId;
    nowMs: number;
  },
  options: CallOptions = {},
): Promise<ExistingImage | undefined> {
  const { imageId, policy, nowMs } = input;
  if (nowMs >= purgeAtOf(imageId, policy)) {
    admitClientImageId(imageId, { nowMs, policy });
    return undefined;
  }
  const found = await findImage(ports, input, options);
  if (found.state === "erased") {
    throw new AppError("erased", "Cannot take this image again as its owner has erased it");
  }
  if (found.state !== "none") return found;
  admitClientImageId(imageId, { nowMs, policy });
  return undefined;
}

/** What an image takes from its tenant's day under its plan. */
export function claimOf(
  { tenant, plan }: Pick<StartUploadInput, "tenant" | "plan">,
  { imageId, bytes }: { readonly imageId: ImageId; readonly bytes: number },
): QuotaClaim {
  return { tenant, imageId, bytes, imagesPerDay: plan.imagesPerDay, bytesPerDay: plan.bytesPerDay };
}

async function startSession(
  { sessions }: Pick<StartUploadPorts, "sessions">,
  { input, ref, contentType }: {
    readonly input: StartUploadInput;
    readonly ref: ImageRef;
    readonly contentType: MediaType;
  },
  { signal }: CallOptions,
): Promise<{ readonly url: string }> {
  const { size, sha256, crc32c, preset } = input.declaration;
  const { traceparent, origin } = input;
  const metadata = metadataOfDeclaration({
    source: "edge",
    sha256,
    crc32c,
    size,
    preset,
    traceparent,
  });
  return await sessions.start(rawName(ref), {
    contentType,
    size,
    customTimeMs: t0OfImageId(ref.imageId),
    metadata,
    origin,
    signal,
  });
}
