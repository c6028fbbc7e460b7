/**
 * The second way through the edge, a whole image in one request: admit the declaration, make sure of the id, look at the
 * first bytes, count the image against the tenant's day, and pass the bytes on to storage.
 */
import { AppError } from "../errors.ts";
import type { ImageId } from "../model/image_id.ts";
import { isOpenType } from "../model/media_type.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { ObjectCreator } from "../ports/object_store.ts";
import type { BodyPromise, UploadBody } from "../ports/upload_body.ts";
import { admitDeclaration, admitHead } from "./admission_policy.ts";
import { createRaw } from "./admit_image.ts";
import {
  admitId,
  claimOf,
  type ExistingImage,
  type UploadPorts,
  type UploadRequest,
} from "./upload_request.ts";

/** What uploading needs. */
interface UploadImagePorts extends UploadPorts {
  readonly raw: UploadPorts["raw"] & ObjectCreator;
}

/** Who wants to upload what; `maxBytes` is what the edge takes whatever the plan allows. */
export interface UploadImageInput extends UploadRequest, BodyPromise {
  readonly body: UploadBody;
  readonly preset?: string | undefined;
  /** The caller's own reference. */
  readonly ref?: string | undefined;
}

/** The image's id, and the image where it was already there. */
interface UploadedImage {
  readonly imageId: ImageId;
  readonly existing: ExistingImage | undefined;
}

/**
 * Uploads an image. Throws what `admitDeclaration`, `admitId`, `admitHead` and the body throw, `quota_exceeded`,
 * `unavailable`.
 */
export async function uploadImage(
  ports: UploadImagePorts,
  input: UploadImageInput,
  options: CallOptions = {},
): Promise<UploadedImage> {
  const { plan, body, sha256 } = input;
  const declared = { sha256, size: body.size, preset: input.preset, ref: input.ref };
  // Who does not know the type leaves it to the bytes.
  const said = isOpenType(body.contentType) ? admitHead(await body.head(), plan) : body.contentType;
  admitDeclaration({ ...declared, contentType: said }, plan);
  const { ref, isGiven, existing } = await admitId(ports, input, declared, options);
  const { imageId } = ref;
  if (existing !== undefined) return { imageId, existing };
  const contentType = admitHead(await body.head(), plan);
  const maxBytes = Math.min(input.maxBytes, plan.maxBytes);
  const claim = claimOf(input, imageId, body.size ?? maxBytes);
  await ports.quota.reserve(claim);
  const declaration = { source: "edge", ...declared, traceparent: input.traceparent } as const;
  const raw = { ref, contentType, declaration };
  const { created } = await body.sendTo(
    (bytes, signal) => createRaw(ports.raw, { ...raw, body: bytes }, { signal }),
    { sha256, maxBytes },
  ).catch(async (error: unknown) => {
    // A client's own id may have an image or a session from another call: it stays counted.
    if (!isGiven && isDefinite(error)) await ports.quota.release(claim).catch(() => undefined);
    throw error;
  });
  // What another call has stored is not of this body's size; a settlement that fails only counts too many bytes.
  if (created && body.size === undefined) {
    await ports.quota.settle({ ...claim, bytes: body.passedBytes }).catch(() => undefined);
  }
  return { imageId, existing: undefined };
}

/** Only a refusal that is ours is definite: after a lost answer the image may be there. */
export function isDefinite(error: unknown): boolean {
  return error instanceof AppError && error.kind !== "unavailable";
}
