import type { RawPixels } from "@tintype/core/ports/image_codec";
import { heifProfileOf } from "@tintype/core/processing/probe/heif";
import { fromProfile } from "./sharp_codec.ts";

/** Brings the pixels of a HEIF file to sRGB: decoders leave colours as its profile has them. */
export async function heifColors(
  pixels: RawPixels,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<RawPixels> {
  const profile = heifProfileOf(bytes);
  return profile === undefined ? pixels : await fromProfile(pixels, profile);
}
