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
  const means = areaMeans(withRgba(pixels), { width, height });
  for (let at = 0; at < means.length; at += 4) {
    const alpha = means[at + 3]!; // four samples a pixel
    for (let sample = at; sample < at + 3; sample += 1) {
      means[sample] = alpha === 0 ? 0 : (means[sample]! * 255) / alpha;
    }
  }
  return btoa(String.fromCharCode(...rgbaToThumbHash(width, height, means)));
}

/** RGBA whose colours are multiplied by their alpha, so that what is not seen has no part in a mean. */
function withRgba({ data, width, height, channels }: RawPixels) {
  const rgba = new Float32Array(width * height * 4).fill(255);
  for (let from = 0, to = 0; from < data.length; from += channels, to += 4) {
    const alpha = channels === 4 ? data[from + 3]! : 255;
    // Read within bounds: every pixel has its samples.
    for (let sample = 0; sample < 3; sample += 1) {
      rgba[to + sample] = (data[from + sample]! * alpha) / 255;
    }
    rgba[to + 3] = alpha;
  }
  return { data: rgba, width, height, channels: 4 };
}
