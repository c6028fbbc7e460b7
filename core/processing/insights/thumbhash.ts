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
  const means = pixels.channels === 4
    ? straight(areaMeans(premultiplied(pixels), { width, height }))
    : withOpaqueAlpha(areaMeans(pixels, { width, height }));
  return btoa(String.fromCharCode(...rgbaToThumbHash(width, height, means)));
}

/** Colours multiplied by their alpha, so that what is not seen has no part in a mean. */
function premultiplied({ data, width, height, channels }: RawPixels) {
  const rgba = Float32Array.from(data);
  for (let at = 0; at < rgba.length; at += 4) {
    // Read within bounds: every pixel has its samples.
    for (let sample = at; sample < at + 3; sample += 1) rgba[sample]! *= rgba[at + 3]! / 255;
  }
  return { data: rgba, width, height, channels };
}

function straight(rgba: Float64Array): Float64Array {
  for (let at = 0; at < rgba.length; at += 4) {
    const alpha = rgba[at + 3]! || 1;
    for (let sample = at; sample < at + 3; sample += 1) rgba[sample]! *= 255 / alpha;
  }
  return rgba;
}

function withOpaqueAlpha(rgb: Float64Array): Float64Array {
  const rgba = new Float64Array((rgb.length / 3) * 4).fill(255);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    rgba.set(rgb.subarray(from, from + 3), to);
  }
  return rgba;
}
