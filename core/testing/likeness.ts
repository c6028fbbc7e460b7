import type { RawPixels } from "../ports/image_codec.ts";
import type { Size } from "../processing/plan_renditions.ts";

/** The least likeness (SSIM) of a resized picture to its reference. */
export const MIN_SSIM = 0.95;

const WINDOW = 8;
/** Wang et al., "Image quality assessment: from error visibility to structural similarity", 2004, for 8-bit samples. */
const C1 = (0.01 * 255) ** 2;
const C2 = (0.03 * 255) ** 2;

/** The reference resize: each pixel is the mean of the area that falls into it, parts of pixels by their part. */
export function shrunk(pixels: RawPixels, to: Size): RawPixels {
  const { width, height, channels, data } = pixels;
  const out = new Uint8Array(to.width * to.height * channels);
  const columns = Array.from({ length: to.width }, (_, x) => parts(x, width / to.width));
  for (let y = 0; y < to.height; y += 1) {
    const rows = parts(y, height / to.height);
    columns.forEach((across, x) => {
      for (let channel = 0; channel < channels; channel += 1) {
        let sum = 0;
        let area = 0;
        for (const [row, rowPart] of rows) {
          for (const [column, columnPart] of across) {
            const weight = rowPart * columnPart;
            sum += weight * (data[(row * width + column) * channels + channel] ?? 0);
            area += weight;
          }
        }
        out[(y * to.width + x) * channels + channel] = Math.round(sum / area);
      }
    });
  }
  return { data: out, ...to, channels };
}

/** The source pixels that fall into a place of the result, each with the part of it that does. */
function parts(index: number, step: number): (readonly [number, number])[] {
  const [from, to] = [index * step, (index + 1) * step];
  const found: (readonly [number, number])[] = [];
  for (let at = Math.floor(from); at < to - 1e-9; at += 1) {
    found.push([at, Math.min(to, at + 1) - Math.max(from, at)]);
  }
  return found;
}

/** How alike two pictures of one size are, -1 to 1: mean structural similarity of their luma in windows of 8 x 8. */
export function ssim(a: RawPixels, b: RawPixels): number {
  if (a.width !== b.width || a.height !== b.height) {
    throw new RangeError(`Cannot compare ${a.width} x ${a.height} with ${b.width} x ${b.height}`);
  }
  const [lumaA, lumaB] = [lumaOf(a), lumaOf(b)];
  let sum = 0;
  let windows = 0;
  for (let y = 0; y + WINDOW <= a.height; y += WINDOW / 2) {
    for (let x = 0; x + WINDOW <= a.width; x += WINDOW / 2) {
      sum += windowSsim([lumaA, lumaB], y * a.width + x, a.width);
      windows += 1;
    }
  }
  return sum / windows;
}

function windowSsim(
  [a, b]: readonly [Float64Array, Float64Array],
  from: number,
  width: number,
): number {
  const count = WINDOW * WINDOW;
  let [sumA, sumB, squaresA, squaresB, products] = [0, 0, 0, 0, 0];
  for (let row = 0; row < WINDOW; row += 1) {
    for (let at = from + row * width; at < from + row * width + WINDOW; at += 1) {
      const [left, right] = [a[at] ?? 0, b[at] ?? 0];
      sumA += left;
      sumB += right;
      squaresA += left * left;
      squaresB += right * right;
      products += left * right;
    }
  }
  const [meanA, meanB] = [sumA / count, sumB / count];
  const varianceA = squaresA / count - meanA ** 2;
  const varianceB = squaresB / count - meanB ** 2;
  const covariance = products / count - meanA * meanB;
  return (2 * meanA * meanB + C1) * (2 * covariance + C2) /
    ((meanA ** 2 + meanB ** 2 + C1) * (varianceA + varianceB + C2));
}

function lumaOf({ data, width, height, channels }: RawPixels): Float64Array {
  return Float64Array.from({ length: width * height }, (_, pixel) => {
    const [red = 0, green = 0, blue = 0] = data.subarray(pixel * channels, pixel * channels + 3);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  });
}

/** Bits in which two hashes differ, 0 to 64; pictures look alike where at most about ten do. */
export function hammingDistance(a: string, b: string): number {
  const differing = BigInt(`0x${a}`) ^ BigInt(`0x${b}`);
  return differing.toString(2).replaceAll("0", "").length;
}

/** The mean difference of two pictures of one size as people see colours (CIE 1976 ΔE of sRGB under D65). */
export function meanDeltaE(a: RawPixels, b: RawPixels): number {
  if (a.width !== b.width || a.height !== b.height) {
    throw new RangeError(`Cannot compare ${a.width} x ${a.height} with ${b.width} x ${b.height}`);
  }
  const pixels = a.width * a.height;
  let sum = 0;
  for (let at = 0; at < pixels; at += 1) {
    const [one, other] = [labOf(a, at * a.channels), labOf(b, at * b.channels)];
    sum += Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);
  }
  return sum / pixels;
}

const LINEAR = Float64Array.from({ length: 256 }, (_, sample) => {
  const value = sample / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
});

function labOf({ data }: RawPixels, at: number): readonly [number, number, number] {
  const [red = 0, green = 0, blue = 0] = [0, 1, 2].map((step) => LINEAR[data[at + step] ?? 0]);
  const [x, y, z] = [
    curve((0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047),
    curve(0.2126729 * red + 0.7151522 * green + 0.072175 * blue),
    curve((0.0193339 * red + 0.119192 * green + 0.9503041 * blue) / 1.08883),
  ];
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function curve(share: number): number {
  return share > 216 / 24_389 ? Math.cbrt(share) : (24_389 / 27 * share + 16) / 116;
}
