import sharp from "sharp";
import type { RawPixels } from "@tintype/core/ports/image_codec";
import { heifProfileOf } from "@tintype/core/processing/probe/heif";
import { tiffWithProfile } from "./_tiff_with_profile.ts";
import { rawOf } from "./sharp_codec.ts";

/** Brings the pixels of a HEIF file to sRGB: decoders leave colours as its profile has them. */
export async function heifColors(
  pixels: RawPixels,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<RawPixels> {
  const profile = await heifProfileOf(bytes);
  if (profile === undefined) return pixels;
  return await rawOf(sharp(tiffWithProfile(pixels, profile)).toColourspace("srgb"));
}
