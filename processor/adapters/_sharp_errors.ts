import { ImageRejected, type RejectReason } from "@tintype/core/model/reject_reason";
import type { MediaType } from "@tintype/core/model/media_type";

/** What libvips and its loaders say, and whose fault it is; the first line that fits counts, `corrupt` where none does. */
const MESSAGES: readonly (readonly [RegExp, RejectReason])[] = [
  [/^timeout:/, "processing_limit"],
  [/exceeds pixel limit/i, "processing_limit"],
  [/out of memory|unable to allocate|memory allocation/i, "processing_limit"],
  [/premature end|unexpected end|end of (file|stream|source)|bad seek|truncated/i, "truncated"],
  [/not enough data|no more data|read gave|short read|out of order read/i, "truncated"],
  [/unsupported image format|not supported|unsupported (feature|codec)/i, "unsupported_type"],
  [/compression scheme|no decoding plugin|unsupported/i, "unsupported_type"],
];

/** `IEND`'s type and checksum: the last eight bytes of every whole PNG. */
const PNG_END = [0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82];

/** What sharp threw while decoding, as the image's fault; the detail names the reason alone, as messages quote files. */
export function rejectionOf(
  error: unknown,
  { mediaType, bytes }: { readonly mediaType: MediaType; readonly bytes: Uint8Array },
): ImageRejected {
  const message = error instanceof Error ? error.message : String(error);
  const known = MESSAGES.find(([pattern]) => pattern.test(message))?.[1];
  // libpng has one message for broken and for missing bytes; the end tells.
  const isCutPng = mediaType === "image/png" && !endsWith(bytes, PNG_END);
  const reason = known ?? (isCutPng ? "truncated" : "corrupt");
  return new ImageRejected(reason, DETAILS[reason] ?? "the decoder cannot read it", {
    cause: error,
  });
}

const DETAILS: Partial<Record<RejectReason, string>> = {
  truncated: "the decoder found its end too early",
  corrupt: "the decoder found bytes that cannot be",
  unsupported_type: "the decoder does not take this variant",
  processing_limit: "the decoder took more than an image may",
};

function endsWith(bytes: Uint8Array, end: readonly number[]): boolean {
  const from = bytes.length - end.length;
  return from >= 0 && end.every((byte, at) => bytes[from + at] === byte);
}
