/** Whole images (`POST /v1/images`, Kafka): admit declaration and first bytes, then create the raw object. */
import type { CallOptions } from "../ports/call_options.ts";
import { AppError } from "../errors.ts";
import { t0OfImageId } from "../model/image_id.ts";
import { type ImageRef, rawName } from "../model/object_name.ts";
import { metadataOfDeclaration, type RawDeclaration } from "../model/raw_metadata.ts";
import type { TenantPlan } from "../model/tenant_plan.ts";
import type { CreateOutcome, ObjectBody, ObjectCreator } from "../ports/object_store.ts";
import { CLIENT_AHEAD_MS } from "../reading/own_image.ts";
import { phaseOf, type RetentionPolicy } from "../retention/policy.ts";
import { mediaTypeOf } from "../model/media_type.ts";
import { admitDeclaration, admitHead } from "./admission_policy.ts";

/** A raw object to be: whose it is, its type, and what was declared beside it. */
interface RawObject {
  readonly ref: ImageRef;
  readonly declaration: RawDeclaration;
  readonly contentType: string;
  /** All bytes. */
  readonly body: ObjectBody;
}

/** A whole image at its source. */
export interface AdmitImageInput extends RawObject {
  readonly plan: TenantPlan;
  readonly policy: RetentionPolicy;
  readonly nowMs: number;
  /** The first bytes: SNIFF_BYTES of them, or all where there are fewer. */
  readonly head: Uint8Array;
}

/**
 * Admits an image and makes it durable; `created: false` means that it was already there.
 * Throws `unsupported_type`, `too_large`, `invalid_request`, `not_an_image`, `too_late` before anything is stored,
 * and `unavailable`.
 */
export async function admitImage(
  ports: { readonly creator: ObjectCreator },
  input: AdmitImageInput,
  options: CallOptions = {},
): Promise<CreateOutcome> {
  const { ref, plan, policy, nowMs, declaration } = input;
  if (phaseOf(ref.imageId, policy, nowMs) !== "kept") {
    throw new AppError(
      "too_late",
      "Cannot take image: its retention period has ended or is about to end",
    );
  }
  if (t0OfImageId(ref.imageId) > nowMs + CLIENT_AHEAD_MS) {
    const message = "Cannot take image: its time is more than 5 seconds ahead";
    throw new AppError("invalid_request", message);
  }
  const found = admitHead(input.head, plan);
  admitDeclaration({ ...declaration, contentType: found }, plan);
  // What was declared stays beside what the bytes say, which processing goes by.
  const contentType = mediaTypeOf(input.contentType) ?? found;
  return await createRaw(ports.creator, { ...input, contentType }, options);
}

/** Creates the raw object of an admitted image where there is none of its name. */
export async function createRaw(
  creator: ObjectCreator,
  { ref, declaration, contentType, body }: RawObject,
  { signal }: CallOptions,
): Promise<CreateOutcome> {
  return await creator.create(rawName(ref), body, {
    contentType,
    customTimeMs: t0OfImageId(ref.imageId),
    metadata: metadataOfDeclaration(declaration),
    signal,
  });
}
