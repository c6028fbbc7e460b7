/** Where JPEG and PNG keep their ICC profile (ICC.1:2022, annex B). */
import { Buffer } from "node:buffer";
import { inflateSync } from "node:zlib";
import type { MediaType } from "@tintype/core/model/media_type";

/** As the guard has it; an inflated one may be no longer. */
const MAX_PROFILE_BYTES = 4_194_304;
const JPEG_HEADER = "ICC_PROFILE\0";

/** The profile of a whole file whose header was checked; undefined where there is none or it is cut. */
export function embeddedProfile(bytes: Uint8Array, mediaType: MediaType): Uint8Array | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (mediaType === "image/jpeg") return jpegProfile(file);
  return mediaType === "image/png" ? pngProfile(file) : undefined;
}

/** APP2 segments before the first scan, in the order of their numbers. */
function jpegProfile(file: Buffer): Uint8Array | undefined {
  const parts: { readonly number: number; readonly part: Uint8Array }[] = [];
  for (let at = 2; at + 4 <= file.length && file[at] === 0xff && file[at + 1] !== 0xda;) {
    if (file[at + 1] === 0xff) {
      at += 1;
      continue;
    }
    const length = file.readUInt16BE(at + 2);
    const segment = file.subarray(at + 4, at + 2 + length);
    const isProfile = file[at + 1] === 0xe2 && segment.toString("latin1", 0, 12) === JPEG_HEADER;
    if (isProfile) parts.push({ number: segment[12] ?? 0, part: segment.subarray(14) });
    at += 2 + Math.max(2, length);
  }
  if (parts.length === 0) return undefined;
  return Buffer.concat(parts.sort((a, b) => a.number - b.number).map(({ part }) => part));
}

/** The chunk `iCCP` before the pixels: a name, a zero, the method 0, and a zlib stream. */
function pngProfile(file: Buffer): Uint8Array | undefined {
  for (let at = 8; at + 12 <= file.length;) {
    const length = file.readUInt32BE(at);
    const type = file.toString("latin1", at + 4, at + 8);
    if (type === "IDAT") return undefined;
    if (type === "iCCP") {
      const chunk = file.subarray(at + 8, at + 8 + length);
      return inflated(chunk.subarray(chunk.indexOf(0) + 2));
    }
    at += 12 + length;
  }
  return undefined;
}

/** Undefined for what is no zlib stream, or too long. */
function inflated(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return inflateSync(bytes, { maxOutputLength: MAX_PROFILE_BYTES });
  } catch {
    return undefined; // Decoders show a picture whose profile is broken.
  }
}
