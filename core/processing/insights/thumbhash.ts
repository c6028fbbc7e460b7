import { rgbaToThumbHash } from "thumbhash";
import type { RawPixels } from "../../ports/image_codec.ts";
import { areaMeans } from "./_luma.ts";

/** The longest side that the hash is made from, in pixels: four for each of the seven waves that it keeps of a side. */
const MAX_SIDE = 32;

/** Base64 of a thumbhash (evanw/thumbhash): a placeholder of about 25 bytes that keeps aspect, colour and alpha. */
export function thumbhash(pixels: RawPixels): string {
  const scale = Math.min(1, MAX_SIDE / Math.max(pixels.width, pixels.height));
  const width = Math.max(1, Math.round(pixels.width * scale));
  const height = Math.max(1, Math.round(pixels.height * scale));
  const means = areaMeans(pixels, { width, height });
  const rgba = pixels.channels === 4 ? means : withOpaqueAlpha(means);
  return btoa(String.fromCharCode(...rgbaToThumbHash(width, height, rgba)));
}

function withOpaqueAlpha(rgb: Float64Array): Float64Array {
  const rgba = new Float64Array((rgb.length / 3) * 4).fill(255);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    rgba.set(rgb.subarray(from, from + 3), to);
  }
  return rgba;
}
