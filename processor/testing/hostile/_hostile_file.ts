import type { MediaType } from "@tintype/core/model/media_type";
import type { RejectReason } from "@tintype/core/model/reject_reason";

/** How an image may end. */
export type Ending = "ready" | RejectReason;

/** A file that means harm. */
export interface HostileFile {
  readonly name: string;
  readonly mediaType: MediaType;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How it must end: one of these. */
  readonly endings: readonly Ending[];
}

/** What one holds, and how it must end. */
interface HostileContent {
  readonly bytes: Uint8Array;
  readonly endings: readonly Ending[];
}

/** Makes one. */
export function hostile(
  name: string,
  mediaType: MediaType,
  { bytes, endings }: HostileContent,
): HostileFile {
  return { name, mediaType, bytes: new Uint8Array(bytes), endings };
}

/** What a decoder may say of bytes that contradict themselves. */
export const BROKEN: readonly Ending[] = ["corrupt", "truncated", "unsupported_type"];

/** Damage that a decoder may also overlook. */
export const DAMAGED: readonly Ending[] = [
  "ready",
  ...BROKEN,
  "not_an_image",
  "processing_limit",
  "too_many_pixels",
  "too_many_frames",
  "too_large",
  "declared_mismatch",
];
