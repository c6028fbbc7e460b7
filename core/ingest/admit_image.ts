/**
 * The doors through which whole images come (`POST /v1/images`, Kafka): admit declaration and first bytes, then create
 * the raw object where there is none of its name.
 */
import type { CallOptions } from "../ports/call_options.ts";
import { AppError } from "../errors.ts";
import { t0OfImageId } from "../model/image_id.ts";
import { type ImageRef, rawName } from "../model/object_name.ts";
import { metadataOfDeclaration, type RawDeclaration } from "../model/raw_metadata.ts";
import type { TenantPlan } from "../model/tenant_plan.ts";
import type { CreateOutcome, ObjectBody, ObjectCreator } from "../ports/object_store.ts";
import { phaseOf, type RetentionPolicy } from "../retention/policy.ts";
import { admitDeclaration, admitHead } from "./admission_policy.ts";

/** A whole image at a door. */
export interface AdmitImageInput {
  readonly ref: ImageRef;
  readonly plan: TenantPlan;
  readonly policy: RetentionPolicy;
  readonly nowMs: number;
  readonly contentType: string;
  readonly declaration: RawDeclaration;
  /** The first bytes: SNIFF_BYTES of them, or all where there are fewer. */
  readonly head: Uint8Array;
  /** All bytes, the head included. */
  readonly body: ObjectBody;
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
  const { ref, plan, policy, nowMs, declaration, head, body } = input;
  if (phaseOf(ref.imageId, policy, nowMs) !== "kept") {
    throw new AppError("too_late", "Cannot take image as its seven days are over or about to be");
  }
  const { contentType } = admitDeclaration(
    { ...declaration, contentType: input.contentType },
    plan,
  );
  admitHead(head, contentType);
  return await ports.creator.create(rawName(ref), body, {
    contentType,
    customTimeMs: t0OfImageId(ref.imageId),
    metadata: metadataOfDeclaration(declaration),
    signal: options.signal,
  });
}
