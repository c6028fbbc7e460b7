import { hexOf } from "@tintype/core/hex";
import { type ImageId, t0OfImageId } from "@tintype/core/model/image_id";
import type { FoundImage } from "@tintype/core/reading/find_image";
import { purgeAtOf, type RetentionPolicy } from "@tintype/core/retention/policy";
import type { EdgeServices } from "../ports.ts";
import type { ImageState, ImageSummary } from "../schemas.ts";

/** An image that its owner may see. */
export type VisibleImage = Exclude<FoundImage, { state: "none" | "erased" }>;

/** How many times an answer's tag changes within the life of the addresses in it. */
const TAGS_PER_URL_LIFE = 3;

/** Where an image is read. */
export function pathOfImage(imageId: ImageId): string {
  return `/v1/images/${imageId}`;
}

/** A time in milliseconds as ISO 8601 in UTC. */
export function isoOf(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

/** When an image must be gone, as ISO 8601 in UTC. */
export function purgeAtText(imageId: ImageId, policy: RetentionPolicy): string {
  return isoOf(purgeAtOf(imageId, policy));
}

/** The status that an image shows. */
export function statusOf(image: VisibleImage): ImageState["status"] {
  return image.state === "processing" ? "processing" : image.manifest.status;
}

/** A line of a listing. */
export function summaryOf(image: VisibleImage, policy: RetentionPolicy) {
  const { imageId } = image.ref;
  return {
    imageId,
    status: statusOf(image),
    createdAt: isoOf(t0OfImageId(imageId)),
    purgeAt: purgeAtText(imageId, policy),
    image: pathOfImage(imageId),
  } satisfies ImageSummary;
}

/** An image's whole state, with addresses that read its renditions until 15 minutes from now or its purge. */
export async function stateOf(
  image: VisibleImage,
  { policy, urlSigner, clock }: Pick<EdgeServices, "policy" | "urlSigner" | "clock">,
): Promise<ImageState> {
  const common = summaryOf(image, policy);
  if (image.state === "processing") {
    // The edge may list the raw bucket, not read it: where the image came from shows when it is processed.
    return { ...common, source: null, bytes: image.bytes, metadata: {}, renditions: [] };
  }
  const { reason, detail, source, bytes, metadata = {}, renditions } = image.manifest;
  const expiresAtMs = Math.min(
    clock.now() + policy.signedUrlMs,
    purgeAtOf(image.ref.imageId, policy),
  );
  return {
    ...common,
    ...(reason === undefined ? {} : { reason }),
    ...(detail === undefined ? {} : { detail }),
    source,
    bytes,
    metadata,
    renditions: await Promise.all(renditions.map(async ({ object, generation, ...shown }) => ({
      ...shown,
      url: await urlSigner.signRead(object, { generation, expiresAtMs }),
    }))),
  };
}

/** A weak tag of an image's state (RFC 9110, section 8.8.3) that changes before the addresses in it end. */
export async function tagOf(
  image: VisibleImage,
  { policy, clock }: Pick<EdgeServices, "policy" | "clock">,
): Promise<string> {
  const window = Math.floor(clock.now() / (policy.signedUrlMs / TAGS_PER_URL_LIFE));
  const parts = image.state === "processing"
    ? [image.ref.imageId, "processing", image.bytes]
    : [image.ref.imageId, image.manifest.status, image.manifest.processedAt, window];
  const text = new TextEncoder().encode(parts.join("\n"));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", text)).subarray(0, 12);
  return `W/"${hexOf(digest)}"`;
}

/** Whether `If-None-Match` names the tag, by weak comparison (RFC 9110, section 13.1.2). */
export function namesTag(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const bare = (text: string) => text.trim().replace(/^W\//, "");
  return ifNoneMatch.trim() === "*" ||
    ifNoneMatch.split(",").some((one) => bare(one) === bare(tag));
}
