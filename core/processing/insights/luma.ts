/** How bright a picture is and how its brightness is spread; all from one histogram of BT.709 luma. */
import type { RawPixels } from "../../ports/image_codec.ts";
import { lumaOf } from "./_luma.ts";

interface Spread {
  /** Of luma, 0 to 255. */
  readonly mean: number;
  readonly deviation: number;
  /** In bits. */
  readonly entropy: number;
  /** The largest standard deviation of a colour channel, 0 to 127.5. */
  readonly channelDeviation: number;
}

const spreads = new WeakMap<RawPixels, Spread>();

/** Below this standard deviation of every channel, of 255, a picture is near-uniform: the noise of a covered lens stays under it. */
const BLANK_DEVIATION = 3;

/** Mean of luma, 0 (black) to 1 (white). */
export function meanLuma(pixels: RawPixels): number {
  return spreadOf(pixels).mean / 255;
}

/** Standard deviation of luma (root-mean-square contrast; Peli, "Contrast in complex images", 1990), 0 to 0.5. */
export function contrast(pixels: RawPixels): number {
  return spreadOf(pixels).deviation / 255;
}

/** Shannon's entropy of the 256-bin luma histogram, in bits, 0 to 8. */
export function entropy(pixels: RawPixels): number {
  return spreadOf(pixels).entropy;
}

/** Whether the picture is near-uniform: no colour channel varies by more than noise. */
export function isBlank(pixels: RawPixels): boolean {
  return spreadOf(pixels).channelDeviation < BLANK_DEVIATION;
}

/** Four insights share one pass over the same pixels. */
function spreadOf(pixels: RawPixels): Spread {
  const known = spreads.get(pixels);
  if (known !== undefined) return known;
  const spread = { ...histogramSpread(lumaOf(pixels)), channelDeviation: channelDeviation(pixels) };
  spreads.set(pixels, spread);
  return spread;
}

function histogramSpread(luma: Uint8Array): Pick<Spread, "mean" | "deviation" | "entropy"> {
  const counts = new Uint32Array(256);
  for (const value of luma) counts[value]! += 1;
  const meanOf = (term: (value: number) => number) =>
    counts.reduce((sum, count, value) => sum + count * term(value), 0) / luma.length;
  const mean = meanOf((value) => value);
  const deviation = Math.sqrt(meanOf((value) => (value - mean) ** 2));
  const entropy = -meanOf((value) => Math.log2((counts[value] || 1) / luma.length));
  return { mean, deviation, entropy: Math.min(8, Math.max(0, entropy)) };
}

function channelDeviation({ data, width, height, channels }: RawPixels): number {
  const count = width * height;
  const deviations = Array.from({ length: channels }, (_, channel) => {
    let sum = 0;
    let squares = 0;
    for (let at = channel; at < data.length; at += channels) {
      const value = data[at]!; // within bounds
      sum += value;
      squares += value * value;
    }
    return Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
  });
  return Math.max(...deviations);
}
