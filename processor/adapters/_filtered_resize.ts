import type { RawPixels } from "@tintype/core/ports/image_codec";
import type { Size } from "@tintype/core/processing/plan_renditions";

/** Lobes of the kernel: three keep edges as libvips' own default does. */
const LOBES = 3;

/** The source samples of one place in the result, and their weights, which add up to one. */
interface Taps {
  readonly from: number;
  readonly weights: Float32Array;
}

/**
 * Resizes to exactly `to` with a Lanczos kernel of three lobes, widened by the shrink so that every source pixel counts
 * (Turkowski, "Filters for common resampling tasks", 1990). Colours are weighted by their alpha.
 */
export function filteredResize(pixels: RawPixels, to: Size): RawPixels {
  const { width, height, channels } = pixels;
  if (width === to.width && height === to.height) return pixels;
  const columns = tapsOf(width, to.width);
  const rows = tapsOf(height, to.height);
  const source = channels === 4 ? premultiplied(pixels) : pixels;
  const rowAt = resampledRows(source, columns);
  const data = new Uint8ClampedArray(to.width * to.height * channels);
  const sums = new Float32Array(to.width * channels);
  rows.forEach(({ from, weights }, y) => {
    sums.fill(0);
    weights.forEach((weight, tap) => {
      const row = rowAt(from + tap);
      // Both have a row's length.
      for (let at = 0; at < sums.length; at += 1) sums[at]! += weight * row[at]!;
    });
    data.set(sums, y * sums.length);
  });
  const bytes = new Uint8Array(data.buffer);
  if (channels === 4) divideByAlpha(bytes);
  return { data: bytes, width: to.width, height: to.height, channels };
}

function tapsOf(size: number, to: number): Taps[] {
  const step = size / to;
  const stretch = Math.max(1, step);
  return Array.from({ length: to }, (_, index) => {
    const center = (index + 0.5) * step - 0.5;
    const from = Math.max(0, Math.ceil(center - LOBES * stretch));
    const last = Math.min(size - 1, Math.floor(center + LOBES * stretch));
    const raw = Float32Array.from(
      { length: last - from + 1 },
      (_, tap) => lanczos((from + tap - center) / stretch),
    );
    const sum = raw.reduce((total, weight) => total + weight, 0);
    return { from, weights: raw.map((weight) => weight / sum) };
  });
}

function lanczos(x: number): number {
  if (x === 0) return 1;
  if (Math.abs(x) >= LOBES) return 0;
  const angle = Math.PI * x;
  return (LOBES * Math.sin(angle) * Math.sin(angle / LOBES)) / (angle * angle);
}

/** Rows resampled across, each once; as many are held as one place in the result can ask for. */
function resampledRows(
  { data, width, height, channels }: RawPixels,
  columns: readonly Taps[],
): (y: number) => Float32Array {
  const held = new Map<number, Float32Array>();
  const most = Math.ceil(2 * LOBES * Math.max(1, height / columns.length)) + 2;
  return (y) => {
    const known = held.get(y);
    if (known !== undefined) return known;
    const [oldest] = held.keys();
    const isFull = held.size > most && oldest !== undefined;
    const row = (isFull ? held.get(oldest) : undefined) ??
      new Float32Array(columns.length * channels);
    if (isFull) held.delete(oldest);
    resampleRow(data.subarray(y * width * channels, (y + 1) * width * channels), {
      columns,
      channels,
      row,
    });
    held.set(y, row);
    return row;
  };
}

function resampleRow(
  samples: Uint8Array,
  { columns, channels, row }: {
    readonly columns: readonly Taps[];
    readonly channels: 3 | 4;
    readonly row: Float32Array;
  },
): void {
  for (let column = 0, out = 0; column < columns.length; column += 1, out += channels) {
    // Taps lie within the row.
    const { from, weights } = columns[column]!;
    let [red, green, blue, alpha] = [0, 0, 0, 0];
    for (let tap = 0, at = from * channels; tap < weights.length; tap += 1, at += channels) {
      const weight = weights[tap]!;
      red += weight * samples[at]!;
      green += weight * samples[at + 1]!;
      blue += weight * samples[at + 2]!;
      if (channels === 4) alpha += weight * samples[at + 3]!;
    }
    row[out] = red;
    row[out + 1] = green;
    row[out + 2] = blue;
    if (channels === 4) row[out + 3] = alpha;
  }
}

function premultiplied(pixels: RawPixels): RawPixels {
  const data = pixels.data.slice();
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3]! / 255;
    data[at] = Math.round(data[at]! * alpha);
    data[at + 1] = Math.round(data[at + 1]! * alpha);
    data[at + 2] = Math.round(data[at + 2]! * alpha);
  }
  return { ...pixels, data };
}

function divideByAlpha(data: Uint8Array): void {
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3]! / 255;
    if (alpha === 0) continue;
    data[at] = Math.min(255, Math.round(data[at]! / alpha));
    data[at + 1] = Math.min(255, Math.round(data[at + 1]! / alpha));
    data[at + 2] = Math.min(255, Math.round(data[at + 2]! / alpha));
  }
}
