/** Why an image was rejected (the image's fault), each with a sentence for its owner. The list is closed. */
export const REJECT_REASONS = {
  unsupported_type: "Its type is not one that is processed.",
  not_an_image: "It is not an image.",
  too_many_pixels: "It has more pixels than are processed.",
  too_many_frames: "It has more frames than are processed.",
  too_large: "It has more bytes than the plan allows.",
  truncated: "It is truncated.",
  corrupt: "Its content contradicts itself.",
  declared_mismatch: "It is not what was declared (type or size).",
  digest_mismatch: "Its digest is not the declared one.",
  processing_limit: "It took more time or memory than an image may.",
  pipeline_rejected: "The processing pipeline refused it.",
  too_late: "It was complete too late in its retention period to be processed.",
} as const satisfies Record<string, string>;

/** Why an image was rejected. */
export type RejectReason = keyof typeof REJECT_REASONS;

/** All reasons, as a tuple that validators take. */
export const ALL_REJECT_REASONS = Object.keys(REJECT_REASONS) as [RejectReason, ...RejectReason[]]; // keys of a const table

/** Why an image failed (ours; not final). */
export const FAIL_REASONS = {
  dead_lettered: "Processing failed each time it was tried; it will be tried again.",
} as const satisfies Record<string, string>;

/** Why an image failed. */
type FailReason = keyof typeof FAIL_REASONS;

/** All reasons, as a tuple that validators take. */
export const ALL_FAIL_REASONS = Object.keys(FAIL_REASONS) as [FailReason, ...FailReason[]]; // keys of a const table

/** The reasons of bytes that break their declaration or the plan's size: they are removed at once, not kept for the period. */
const REMOVED_AT_ONCE: readonly (string | undefined)[] = ["declared_mismatch", "too_large"];

/** Whether an image of this status and reason loses its raw object as soon as its manifest is there. */
export function isRemovedAtOnce(reason: string | undefined): boolean {
  return REMOVED_AT_ONCE.includes(reason);
}

/** Thrown where an image is found wanting; becomes a `rejected` manifest, never a retry. */
export class ImageRejected extends Error {
  override readonly name = "ImageRejected";
  readonly reason: RejectReason;
  /** What exactly was found; ids and numbers only. */
  readonly detail: string;

  constructor(reason: RejectReason, detail: string, options?: ErrorOptions) {
    super(`${reason}: ${detail}`, options);
    this.reason = reason;
    this.detail = detail;
  }
}
