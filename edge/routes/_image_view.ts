import { hexOf } from "@tintype/core/hex";
import { type ImageId, t0OfImageId } from "@tintype/core/model/image_id";
import type { FoundImage } from "@tintype/core/reading/find_image";
import { phaseOf, purgeAtOf, type RetentionPolicy } from "@tintype/core/retention/policy";
import type { EdgeServices } from "../ports.ts";
import { acceptedForms } from "./_accepted_form.ts";
import type { ImageState, ImageSummary } from "../schemas.ts";

/** An image that its owner may see. */
export type VisibleImage = Exclude<FoundImage, { state: "none" | "erased" }>;

/** An image as its owner may see it; undefined where there is none, it is to be erased, or its time is over. */
export function visibleOf(
  image: FoundImage | undefined,
  { policy, clock }: Pick<EdgeServices, "policy" | "clock">,
): VisibleImage | undefined {
  if (image === undefined || image.state === "none" || image.state === "erased") return undefined;
  return phaseOf(image.ref.imageId, policy, clock.now()) === "expired" ? undefined : image;
}

/** In how many windows a signed URL is good: it is dated at the start of the first one, in which a state has the same URLs. */
const WINDOWS_PER_URL_LIFE = 4;

/** When to ask again for an image that is under way. */
export const RETRY_AFTER_SECONDS = "1";

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
    ...refOf(image),
    createdAt: isoOf(t0OfImageId(imageId)),
    purgeAt: purgeAtText(imageId, policy),
    image: pathOfImage(imageId),
  } satisfies ImageSummary;
}

/** The caller's own reference, which is known once the image is processed: the edge may list the raw bucket, not read it. */
function refOf(image: VisibleImage): { readonly ref?: string } {
  const ref = image.state === "done" ? image.manifest.ref : undefined;
  return ref === undefined ? {} : { ref };
}

/** What signs the URLs of renditions, and the `Accept` header by which their forms are chosen. */
interface ViewServices extends Pick<EdgeServices, "policy" | "urlSigner" | "clock"> {
  readonly accept?: string | undefined;
}

/** A line of a listing that shows pictures: with their renditions, or why there are none. */
export async function shownSummaryOf(image: VisibleImage, services: ViewServices) {
  const thumbhash = image.state === "done"
    ? image.manifest.metadata?.insights?.thumbhash
    : undefined;
  return {
    ...summaryOf(image, services.policy),
    ...reasonOf(image),
    renditions: await renditionsOf(image, services),
    ...(thumbhash === undefined ? {} : { thumbhash }),
  } satisfies ImageSummary;
}

/** An image's whole state, with URLs that read its renditions until 15 to 20 minutes from now or its purge. */
export async function stateOf(image: VisibleImage, services: ViewServices): Promise<ImageState> {
  const common = summaryOf(image, services.policy);
  if (image.state === "processing") {
    // Where it came from is known once it is processed, too.
    return { ...common, source: null, bytes: image.bytes, metadata: {}, renditions: [] };
  }
  const { detail, source, bytes, metadata = {} } = image.manifest;
  return {
    ...common,
    ...reasonOf(image),
    ...(detail === undefined ? {} : { detail }),
    source,
    bytes,
    metadata,
    renditions: await renditionsOf(image, services),
  };
}

function reasonOf(image: VisibleImage): { readonly reason?: string } {
  const reason = image.state === "done" ? image.manifest.reason : undefined;
  return reason === undefined ? {} : { reason };
}

async function renditionsOf(
  image: VisibleImage,
  { policy, urlSigner, clock, accept }: ViewServices,
) {
  if (image.state === "processing") return [];
  const life = urlLife(image.ref.imageId, { policy, clock });
  return await Promise.all(
    acceptedForms(image.manifest.renditions, accept).map(async (
      { object, generation, ...shown },
    ) => ({
      ...shown,
      url: await urlSigner.signRead(object, { generation, ...life }),
    })),
  );
}

/** When the URLs of an image are dated and end: 15 to 20 minutes from now, or with its purge. */
export function urlLife(imageId: ImageId, services: Pick<EdgeServices, "policy" | "clock">) {
  const { policy } = services;
  const signedAtMs = windowStart(services);
  const expiresAtMs = Math.min(signedAtMs + policy.signedUrlMs, purgeAtOf(imageId, policy));
  return { signedAtMs, expiresAtMs };
}

/** When the URLs of now are dated, in milliseconds since the epoch. */
function windowStart({ policy, clock }: Pick<EdgeServices, "policy" | "clock">): number {
  const windowMs = policy.signedUrlMs / WINDOWS_PER_URL_LIFE;
  return Math.floor(clock.now() / windowMs) * windowMs;
}

/**
 * A weak tag of an image's state (RFC 9110, section 8.8.3) that changes with the URLs in it, 15 minutes before they end, and with
 * the forms of its renditions.
 */
export async function tagOf(image: VisibleImage, services: ViewServices): Promise<string> {
  const parts = image.state === "processing" ? [image.ref.imageId, "processing", image.bytes] : [
    ...[image.ref.imageId, image.manifest.status, image.manifest.processedAt],
    windowStart(services),
    ...acceptedForms(image.manifest.renditions, services.accept).map(({ object }) => object),
  ];
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
