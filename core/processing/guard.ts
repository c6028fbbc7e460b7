/** What may go to a decoder: a table of limits, asked before any pixel is touched. */
import { agrees } from "../model/media_type.ts";
import { ImageRejected, type RejectReason } from "../model/reject_reason.ts";
import type { TenantPlan } from "../model/tenant_plan.ts";
import type { Probed } from "./probe/probe.ts";

/** What was promised at the door, and what arrived. */
export interface GuardOptions {
  readonly plan: Pick<TenantPlan, "allowedTypes" | "maxBytes" | "maxPixels" | "maxFrames">;
  /** In bytes; undefined where nothing was declared. */
  readonly declaredSize: number | undefined;
  /** In bytes, as the store says. */
  readonly actualSize: number;
}

interface Facts extends GuardOptions {
  readonly probed: Probed;
}

/** One limit: why it rejects, what is measured, and what it must be at most. */
interface Limit {
  readonly reason: RejectReason;
  readonly what: string;
  value(facts: Facts): number;
  max(facts: Facts): number;
}

/** The longest side that every decoder and format of ours can hold, in pixels (JPEG: ITU-T T.81, B.2.2, less its margin). */
export const MAX_SIDE_PX = 65_500;
/** The longest side over the shortest one; beyond it a rendition is a line. */
const MAX_ASPECT = 1_000;
/** Bytes of an EXIF block; TIFF files, which are blocks themselves, do not count. A camera's has a few kilobytes. */
const MAX_EXIF_BYTES = 1_048_576;
/** Bytes of a colour profile as stored; printers' profiles have up to three million. */
const MAX_ICC_BYTES = 4_194_304;
/** Pixels of all frames together, as a multiple of the plan's pixels. */
const MAX_ANIMATION = 20;

const LIMITS: readonly Limit[] = [
  {
    reason: "too_large",
    what: "bytes",
    value: ({ actualSize }) => actualSize,
    max: ({ plan }) => plan.maxBytes,
  },
  {
    reason: "too_large",
    what: "bytes of EXIF",
    value: ({ probed: { exif, mediaType } }) => mediaType === "image/tiff" ? 0 : exif?.length ?? 0,
    max: () => MAX_EXIF_BYTES,
  },
  {
    reason: "too_large",
    what: "bytes of colour profile",
    value: ({ probed }) => probed.iccBytes,
    max: () => MAX_ICC_BYTES,
  },
  {
    reason: "too_many_pixels",
    what: "pixels",
    value: pixelsOf,
    max: ({ plan }) => plan.maxPixels,
  },
  {
    reason: "too_many_pixels",
    what: "pixels on its longest side",
    value: ({ probed: { header } }) => Math.max(header.width, header.height),
    max: () => MAX_SIDE_PX,
  },
  {
    reason: "too_many_pixels",
    what: "times as long as it is wide",
    value: ({ probed: { header: { width, height } } }) =>
      Math.ceil(Math.max(width, height) / Math.min(width, height)),
    max: () => MAX_ASPECT,
  },
  {
    reason: "too_many_frames",
    what: "frames",
    value: ({ probed: { header } }) => header.frames,
    max: ({ plan }) => plan.maxFrames,
  },
  {
    reason: "too_many_frames",
    what: "pixels in all frames",
    value: (facts) => pixelsOf(facts) * facts.probed.header.frames,
    max: ({ plan }) => plan.maxPixels * MAX_ANIMATION,
  },
];

/**
 * Lets a probed image through or throws ImageRejected: `declared_mismatch`, `unsupported_type` where the plan does not
 * take its type, `too_large`, `too_many_pixels`, `too_many_frames`.
 */
export function guard(probed: Probed, options: GuardOptions): void {
  const facts: Facts = { ...options, probed };
  checkSize(facts);
  if (!options.plan.allowedTypes.some((allowed) => agrees(allowed, probed.mediaType))) {
    throw new ImageRejected("unsupported_type", `the plan does not take ${probed.mediaType}`);
  }
  for (const { reason, what, value, max } of LIMITS) {
    const found = value(facts);
    if (found > max(facts)) {
      throw new ImageRejected(reason, `${found} ${what}, at most ${max(facts)}`);
    }
  }
}

function checkSize({ declaredSize, actualSize }: Facts): void {
  if (declaredSize !== undefined && declaredSize !== actualSize) {
    throw new ImageRejected(
      "declared_mismatch",
      `${declaredSize} bytes were declared, it has ${actualSize}`,
    );
  }
}

function pixelsOf({ probed: { header } }: Facts): number {
  return header.width * header.height;
}
