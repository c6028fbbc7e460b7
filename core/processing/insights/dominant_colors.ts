import type { RawPixels } from "../../ports/image_codec.ts";
import { chromaOf, hexOfLab, type Lab, labOf } from "./_oklab.ts";

const BITS = 4;
const SHIFT = 8 - BITS;
const BINS = 1 << (3 * BITS);
const MAX_COLORS = 5;
/** Clusters that the pixels are sorted into; near ones become one afterwards. */
const CLUSTERS = 16;
const ROUNDS = 6;
/** In OKLab; black and white are 1 apart. */
const MIN_DISTANCE = 0.09;
/** Colours so far apart are as unlike as they need to be. */
const UNLIKE = 0.3;
/** A colour that fewer pixels have is no dominant one. */
const MIN_SHARE = 0.006;
/** How much more a pixel counts for each unit of chroma: sRGB's red has 0.26, a grey wall's tint 0.02. */
const CHROMA_WEIGHT = 400;
/** Pixels that are more transparent are not seen. */
const MIN_ALPHA = 128;

/** Pixels of nearly one colour: how many, and what they weigh by their saturation. */
interface Bin {
  readonly count: number;
  readonly weight: number;
  readonly color: Lab;
}

/** A colour that stands out, and the share of the seen pixels that are nearest to it. */
interface Dominant {
  readonly color: string;
  readonly share: number;
}

const known = new WeakMap<RawPixels, readonly Dominant[]>();

/** At most five colours as `#rrggbb`, the most striking first. Empty where everything is transparent. */
export function dominantColors(pixels: RawPixels): string[] {
  return dominantsOf(pixels).map(({ color }) => color);
}

/** The share of the picture that each of {@link dominantColors} has, 0 to 1. */
export function dominantColorShares(pixels: RawPixels): number[] {
  return dominantsOf(pixels).map(({ share }) => Math.round(share * 1_000) / 1_000);
}

/**
 * Weighted k-means in OKLab over a histogram of four bits a channel. Saturation weighs: a macaw before foliage is what the
 * picture is about, though foliage has more pixels.
 */
function dominantsOf(pixels: RawPixels): readonly Dominant[] {
  const before = known.get(pixels);
  if (before !== undefined) return before;
  const bins = binsOf(pixels);
  const seen = bins.reduce((sum, { count }) => sum + count, 0);
  const dominants = chosen(merged(clustersOf(bins)), seen * MIN_SHARE)
    .map(({ color, count }) => ({ color: hexOfLab(color), share: count / seen }));
  known.set(pixels, dominants);
  return dominants;
}

function binsOf({ data, channels }: RawPixels): Bin[] {
  const counts = new Uint32Array(BINS);
  const sums = new Uint32Array(BINS * 3);
  for (let at = 0; at + channels <= data.length; at += channels) {
    // Read within bounds: every pixel has its samples.
    if (channels === 4 && data[at + 3]! < MIN_ALPHA) continue;
    const [red, green, blue] = [data[at]!, data[at + 1]!, data[at + 2]!];
    const bin = (red >> SHIFT) << (2 * BITS) | (green >> SHIFT) << BITS | (blue >> SHIFT);
    counts[bin]! += 1;
    sums[bin * 3]! += red;
    sums[bin * 3 + 1]! += green;
    sums[bin * 3 + 2]! += blue;
  }
  return Array.from(counts.keys()).filter((bin) => counts[bin] !== 0).map((bin) => {
    const count = counts[bin]!;
    const [red = 0, green = 0, blue = 0] = sums.subarray(bin * 3, bin * 3 + 3);
    const color = labOf(red / count, green / count, blue / count);
    return { count, color, weight: count * (1 + CHROMA_WEIGHT * chromaOf(color) ** 2) };
  });
}

/** Begins with the heaviest bins that are far from each other, so that equal pictures have equal clusters. */
function clustersOf(bins: readonly Bin[]): Bin[] {
  let centers: Lab[] = [];
  const distances = bins.map(() => 1);
  while (centers.length < Math.min(CLUSTERS, bins.length)) {
    let best = 0;
    for (let at = 1; at < bins.length; at += 1) {
      // Indices of both lists.
      const isHeavier = bins[at]!.weight * distances[at]! > bins[best]!.weight * distances[best]!;
      if (isHeavier) best = at;
    }
    const center = bins[best]!.color; // an index of the list
    centers.push(center);
    bins.forEach(({ color }, at) => {
      distances[at] = Math.min(distances[at]!, squaredDistance(color, center));
    });
  }
  let clusters: Bin[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    clusters = assigned(bins, centers).filter(({ count }) => count > 0);
    centers = clusters.map(({ color }) => color);
  }
  return clusters;
}

function assigned(bins: readonly Bin[], centers: readonly Lab[]): Bin[] {
  const members = centers.map((): Bin[] => []);
  for (const bin of bins) members[nearestOf(bin.color, centers)]?.push(bin);
  return members.map(sumOf);
}

function nearestOf(color: Lab, centers: readonly Lab[]): number {
  let nearest = 0;
  let least = Infinity;
  for (let at = 0; at < centers.length; at += 1) {
    const distance = squaredDistance(color, centers[at]!); // within bounds
    if (distance >= least) continue;
    nearest = at;
    least = distance;
  }
  return nearest;
}

/** Near clusters as one. */
function merged(clusters: readonly Bin[]): Bin[] {
  const kept: Bin[] = [];
  for (const cluster of clusters.toSorted((a, b) => b.weight - a.weight)) {
    const near = kept.findIndex(({ color }) =>
      squaredDistance(color, cluster.color) < MIN_DISTANCE ** 2
    );
    if (near < 0) kept.push(cluster);
    else kept[near] = sumOf([kept[near]!, cluster]); // an index of the list
  }
  return kept;
}

/** The heaviest first, then those that are heavy and unlike the ones before. */
function chosen(clusters: readonly Bin[], minCount: number): Bin[] {
  const left = clusters.toSorted((a, b) => b.weight - a.weight);
  const picked = left.splice(0, 1);
  while (picked.length < MAX_COLORS) {
    const scores = left.map(({ count, weight, color }) => {
      const distances = picked.map((other) => squaredDistance(other.color, color));
      return count < minCount ? 0 : weight * Math.min(UNLIKE ** 2, ...distances);
    });
    const best = scores.reduce((top, score, at) => score > scores[top]! ? at : top, 0);
    if ((scores[best] ?? 0) === 0) break;
    picked.push(...left.splice(best, 1));
  }
  return picked;
}

/** All of them as one, of their mean colour by weight. */
function sumOf(bins: readonly Bin[]): Bin {
  let [count, weight, lightness, a, b] = [0, 0, 0, 0, 0];
  for (const bin of bins) {
    count += bin.count;
    weight += bin.weight;
    lightness += bin.color[0] * bin.weight;
    a += bin.color[1] * bin.weight;
    b += bin.color[2] * bin.weight;
  }
  return { count, weight, color: [lightness / weight, a / weight, b / weight] };
}

function squaredDistance(one: Lab, other: Lab): number {
  return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 + (one[2] - other[2]) ** 2;
}
