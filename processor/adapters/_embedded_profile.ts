/** Where JPEG and PNG keep their ICC profile (ICC.1:2022, annex B). */
import type { MediaType } from "@tintype/core/model/media_type";

/** As the guard has it; an inflated one may be no longer. */
const MAX_PROFILE_BYTES = 4_194_304;
const JPEG_HEADER = "ICC_PROFILE\0";

/** The profile of a whole file whose header was checked; undefined where there is none or it is cut. */
export async function embeddedProfile(
  bytes: Uint8Array<ArrayBuffer>,
  mediaType: MediaType,
): Promise<Uint8Array | undefined> {
  if (mediaType === "image/jpeg") return jpegProfile(bytes);
  return mediaType === "image/png" ? await pngProfile(bytes) : undefined;
}

/** APP2 segments before the first scan, in the order of their numbers. */
function jpegProfile(bytes: Uint8Array): Uint8Array | undefined {
  const view = viewOf(bytes);
  const parts: { readonly number: number; readonly part: Uint8Array }[] = [];
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda;) {
    if (bytes[at + 1] === 0xff) {
      at += 1;
      continue;
    }
    const length = view.getUint16(at + 2);
    const segment = bytes.subarray(at + 4, at + 2 + length);
    const isProfile = bytes[at + 1] === 0xe2 && textOf(segment.subarray(0, 12)) === JPEG_HEADER;
    if (isProfile) parts.push({ number: segment[12] ?? 0, part: segment.subarray(14) });
    at += 2 + Math.max(2, length);
  }
  if (parts.length === 0) return undefined;
  return joined(parts.sort((a, b) => a.number - b.number).map(({ part }) => part));
}

/** The chunk `iCCP` before the pixels: a name, a zero, the method 0, and a zlib stream. */
async function pngProfile(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array | undefined> {
  const view = viewOf(bytes);
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    const type = textOf(bytes.subarray(at + 4, at + 8));
    if (type === "IDAT") return undefined;
    if (type === "iCCP") {
      const chunk = bytes.subarray(at + 8, at + 8 + length);
      return await inflated(chunk.subarray(chunk.indexOf(0) + 2));
    }
    at += 12 + length;
  }
  return undefined;
}

/** Undefined for what is no zlib stream, or too long. */
async function inflated(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    for await (const part of stream) {
      length += part.length;
      if (length > MAX_PROFILE_BYTES) return undefined;
      parts.push(part);
    }
  } catch {
    return undefined; // Decoders show a picture whose profile is broken.
  }
  return joined(parts);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
