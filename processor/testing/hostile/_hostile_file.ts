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

/** Files that must end alike, each with its name and the type that it is declared as. */
export function hostiles(
  endings: readonly Ending[],
  files: readonly (readonly [name: string, mediaType: MediaType, bytes: Uint8Array])[],
): HostileFile[] {
  return files.map(([name, mediaType, bytes]) => ({
    name,
    mediaType,
    bytes: new Uint8Array(bytes),
    endings,
  }));
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
