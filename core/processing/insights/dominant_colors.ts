import type { RawPixels } from "../../ports/image_codec.ts";

const BITS = 4;
const BINS = 1 << (3 * BITS);
const SHIFT = 8 - BITS;
const COLORS = 3;
/** Colours nearer than this (Euclidean, of 441) are taken for one. */
const MIN_DISTANCE = 48;
/** A colour that fewer pixels have is no dominant one. */
const MIN_SHARE = 0.02;
/** Pixels that are more transparent are not seen. */
const MIN_ALPHA = 128;

interface Bin {
  readonly count: number;
  readonly color: readonly [number, number, number];
}

/**
 * At most three colours as `#rrggbb`, most frequent first, by the popularity algorithm (Heckbert, "Color image
 * quantization for frame buffer display", 1982) on four bits a channel, each bin's colour being its pixels' mean; near
 * colours count as one. Empty where everything is transparent.
 */
export function dominantColors(pixels: RawPixels): string[] {
  const { bins, seen } = popularBins(pixels);
  const chosen: Bin[] = [];
  for (const bin of bins) {
    if (chosen.length === COLORS) break;
    const isRare = chosen.length > 0 && bin.count < seen * MIN_SHARE;
    if (!isRare && chosen.every((other) => distance(other, bin) >= MIN_DISTANCE)) chosen.push(bin);
  }
  return chosen.map(({ color }) =>
    `#${color.map((value) => Math.round(value).toString(16).padStart(2, "0")).join("")}`
  );
}

function popularBins({ data, channels }: RawPixels): { bins: Bin[]; seen: number } {
  const counts = new Uint32Array(BINS);
  const sums = new Float64Array(BINS * 3);
  let seen = 0;
  for (let at = 0; at + channels <= data.length; at += channels) {
    // Read within bounds: every pixel has its samples.
    if (channels === 4 && data[at + 3]! < MIN_ALPHA) continue;
    const [red, green, blue] = [data[at]!, data[at + 1]!, data[at + 2]!];
    const bin = (red >> SHIFT) << (2 * BITS) | (green >> SHIFT) << BITS | (blue >> SHIFT);
    counts[bin]! += 1;
    sums[bin * 3]! += red;
    sums[bin * 3 + 1]! += green;
    sums[bin * 3 + 2]! += blue;
    seen += 1;
  }
  const bins: Bin[] = [];
  counts.forEach((count, bin) => {
    if (count === 0) return;
    const mean = (channel: number) => sums[bin * 3 + channel]! / count;
    bins.push({ count, color: [mean(0), mean(1), mean(2)] });
  });
  return { bins: bins.sort((a, b) => b.count - a.count), seen };
}

function distance({ color: a }: Bin, { color: b }: Bin): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}
