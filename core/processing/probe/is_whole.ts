/** Whether a file goes on to the end that its own structure says it has, whatever its pixels are. */
import type { MediaType } from "../../model/media_type.ts";
import { ImageRejected } from "../../model/reject_reason.ts";
import { gifEnd } from "./gif.ts";
import { latin1, viewOf } from "./_reader.ts";
import { areStripsWhole } from "./tiff.ts";

/** Types whose length the probe does not know already. */
const CHECKS: Partial<Record<MediaType, (bytes: Uint8Array) => boolean>> = {
  "image/jpeg": isWholeJpeg,
  "image/png": isWholePng,
  "image/gif": (bytes) => gifEnd(bytes) <= bytes.length,
  "image/tiff": areStripsWhole,
};

/**
 * Why a decoder cannot read a picture that the probe took: `truncated` where a part of it is missing, else `corrupt`, as
 * the probe takes no variant that the decoders do not. What a decoder says of hostile bytes is the cause, and decides nothing.
 */
export function brokenPicture(
  bytes: Uint8Array,
  mediaType: MediaType,
  cause: unknown,
): ImageRejected {
  const isWhole = CHECKS[mediaType]?.(bytes) ?? true;
  return isWhole
    ? new ImageRejected("corrupt", "the decoder found bytes that cannot be", { cause })
    : new ImageRejected("truncated", "a part of it is missing", { cause });
}

/** Whether a marker of the end (ITU-T T.81, table B.1) follows the segments and scans. */
export function isWholeJpeg(bytes: Uint8Array): boolean {
  for (let at = 2; at + 1 < bytes.length;) {
    const code = bytes[at + 1] ?? 0;
    if (bytes[at] === 0xff && code === 0xd9) return true;
    const isSegment = bytes[at] === 0xff && code >= 0xc0 && code < 0xff && (code & 0xf8) !== 0xd0;
    at += isSegment ? 2 + Math.max(2, ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) : 1;
  }
  return false;
}

function isWholePng(bytes: Uint8Array): boolean {
  for (let at = 8; at + 12 <= bytes.length;) {
    if (latin1(bytes.subarray(at + 4, at + 8)) === "IEND") return true;
    at += 12 + viewOf(bytes).getUint32(at);
  }
  return false;
}
