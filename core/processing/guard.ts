/** What may go to a decoder: a table of limits, asked before any pixel is touched. */
import { agrees } from "../model/media_type.ts";
import { ImageRejected, type RejectReason } from "../model/reject_reason.ts";
import type { TenantPlan } from "../model/tenant_plan.ts";
import { decodeBytes, MAX_DECODE_BYTES } from "./pixel_limits.ts";
import type { Probed } from "./probe/probe.ts";

/** What was promised at the source, and what arrived. */
export interface PromisedBytes {
  readonly plan: Pick<TenantPlan, "maxBytes">;
  /** In bytes; undefined where nothing was declared. */
  readonly declaredSize: number | undefined;
  /** In bytes, as the store says. */
  readonly actualSize: number;
}

/** What a plan allows of a picture. */
export type PicturePlan = Pick<TenantPlan, "allowedTypes" | "maxPixels" | "maxFrames">;

interface Facts {
  readonly probed: Probed;
  readonly plan: PicturePlan;
}

type Measure = (facts: Facts) => number;

/** The longest side that every decoder can hold, in pixels. */
export const MAX_SIDE_PX = 65_535;
/** libjpeg's own margin below that (`JPEG_MAX_DIMENSION`). */
const MAX_JPEG_SIDE_PX = 65_500;
/** Bytes of an EXIF block; TIFF files, which are blocks themselves, do not count. A camera's has a few kilobytes. */
const MAX_EXIF_BYTES = 1_048_576;
/** Bytes of a colour profile as stored; printers' profiles have up to three million. */
const MAX_ICC_BYTES = 4_194_304;
/** Pixels of all frames together, as a multiple of the plan's pixels. */
const MAX_ANIMATION = 20;

/** Each limit: why it rejects, what is measured, how, and what it must be at most. */
const LIMITS: readonly (readonly [RejectReason, what: string, value: Measure, max: Measure])[] = [
  ["too_large", "bytes of EXIF", exifBytesOf, () => MAX_EXIF_BYTES],
  ["too_large", "bytes of colour profile", ({ probed }) => probed.iccBytes, () => MAX_ICC_BYTES],
  ["too_many_pixels", "pixels", pixelsOf, ({ plan }) => plan.maxPixels],
  ["too_many_pixels", "pixels on its longest side", longestSideOf, maxSideOf],
  [
    "too_many_pixels",
    "bytes to decode",
    ({ probed }) => decodeBytes(probed),
    () => MAX_DECODE_BYTES,
  ],
  ["too_many_frames", "frames", framesOf, ({ plan }) => plan.maxFrames],
  [
    "too_many_frames",
    "pixels in all frames",
    (facts) => pixelsOf(facts) * framesOf(facts),
    ({ plan }) => plan.maxPixels * MAX_ANIMATION,
  ],
];

/** Lets an object through by its size alone, before a byte is read; throws ImageRejected: `declared_mismatch`, `too_large`. */
export function guardBytes({ plan: { maxBytes }, declaredSize, actualSize }: PromisedBytes): void {
  if (declaredSize !== undefined && declaredSize !== actualSize) {
    const detail = `${declaredSize} bytes were declared, it has ${actualSize}`;
    throw new ImageRejected("declared_mismatch", detail);
  }
  if (actualSize > maxBytes) {
    throw new ImageRejected("too_large", `${actualSize} bytes, at most ${maxBytes}`);
  }
}

/**
 * Lets a probed image through or throws ImageRejected: `unsupported_type` where the plan does not take its type,
 * `too_large` (its blocks of metadata), `too_many_pixels`, `too_many_frames`.
 */
export function guard(probed: Probed, plan: PicturePlan): void {
  const facts: Facts = { plan, probed };
  if (!plan.allowedTypes.some((allowed) => agrees(allowed, probed.mediaType))) {
    throw new ImageRejected("unsupported_type", `the plan does not take ${probed.mediaType}`);
  }
  for (const [reason, what, value, max] of LIMITS) {
    const [found, most] = [value(facts), max(facts)];
    if (found > most) throw new ImageRejected(reason, `${found} ${what}, at most ${most}`);
  }
}

/** TIFF files are EXIF blocks themselves. */
function exifBytesOf({ probed: { exif, mediaType } }: Facts): number {
  return mediaType === "image/tiff" ? 0 : exif?.length ?? 0;
}

/** A decoder makes what it crops afterwards, too. */
function pixelsOf({ probed }: Facts): number {
  return probed.codedPixels;
}

function longestSideOf({ probed: { header } }: Facts): number {
  return Math.max(header.width, header.height);
}

function maxSideOf({ probed: { mediaType } }: Facts): number {
  return mediaType === "image/jpeg" ? MAX_JPEG_SIDE_PX : MAX_SIDE_PX;
}

function framesOf({ probed: { header } }: Facts): number {
  return header.frames;
}
