import type { RawPixels } from "../../ports/image_codec.ts";

/** BT.709's weights of red, green and blue (ITU-R BT.709-6, item 3.2) in 65,536ths: whole numbers are faster. */
const RED = 13_933;
const GREEN = 46_871;
const BLUE = 4_732;
const HALF = 32_768;

/** 8-bit luma of each pixel, on sRGB's coded values; alpha over white. */
export function lumaOf({ data, width, height, channels }: RawPixels): Uint8Array {
  const count = width * height;
  const luma = new Uint8Array(count);
  for (let pixel = 0, at = 0; pixel < count; pixel += 1, at += channels) {
    // Read within bounds: data holds width x height x channels samples.
    luma[pixel] = (RED * data[at]! + GREEN * data[at + 1]! + BLUE * data[at + 2]! + HALF) >>> 16;
  }
  if (channels === 3) return luma;
  for (let pixel = 0; pixel < count; pixel += 1) {
    const alpha = data[pixel * 4 + 3]! / 255;
    luma[pixel] = Math.round(luma[pixel]! * alpha + 255 * (1 - alpha));
  }
  return luma;
}

/** Samples, `channels` a pixel, and their size in pixels. */
interface Samples {
  readonly data: ArrayLike<number>;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** Means of equal areas: `to.width` x `to.height` pixels, each the mean of the whole pixels that fall into it, at least one. */
export function areaMeans(
  { data, width, height, channels }: Samples,
  to: { readonly width: number; readonly height: number },
): Float64Array {
  const means = new Float64Array(to.width * to.height * channels);
  for (let row = 0, out = 0; row < to.height; row += 1) {
    const [top, bottom] = span(row, to.height, height);
    for (let column = 0; column < to.width; column += 1, out += channels) {
      const [left, right] = span(column, to.width, width);
      const area = (bottom - top) * (right - left);
      for (let y = top; y < bottom; y += 1) {
        for (let x = left, at = (y * width + left) * channels; x < right; x += 1) {
          for (let sample = 0; sample < channels; sample += 1, at += 1) {
            means[out + sample]! += data[at]! / area;
          }
        }
      }
    }
  }
  return means;
}

/** The pixels of `size` that fall into the place `index` of `of`: from the first to before the last. */
function span(index: number, of: number, size: number): [number, number] {
  const from = Math.min(size - 1, Math.floor((index * size) / of));
  return [from, Math.max(from + 1, Math.floor(((index + 1) * size) / of))];
}
