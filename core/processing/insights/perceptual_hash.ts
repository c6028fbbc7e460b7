import type { RawPixels } from "../../ports/image_codec.ts";
import { areaMeans, lumaOf } from "./_luma.ts";

const SIDE = 32;
const KEPT = 8;

/** Rows of the DCT-II (Ahmed, Natarajan and Rao, 1974) that the hash keeps: `COSINES[u * SIDE + x]`. */
const COSINES = Float64Array.from(
  { length: KEPT * SIDE },
  (_, at) => Math.cos((Math.PI * Math.floor(at / SIDE) * (2 * (at % SIDE) + 1)) / (2 * SIDE)),
);

/**
 * 64-bit perceptual hash as 16 hex digits: the 8 x 8 lowest frequencies of the DCT of 32 x 32 luma, a bit for each above
 * their median (Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010, section 3.2.1).
 */
export function perceptualHash(pixels: RawPixels): string {
  const { width, height } = pixels;
  const luma = { data: lumaOf(pixels), width, height, channels: 1 };
  const frequencies = lowFrequencies(areaMeans(luma, { width: SIDE, height: SIDE }));
  // The first one is the mean brightness: it says nothing of the picture's shape.
  const sorted = frequencies.slice(1).sort();
  const median = sorted[sorted.length >> 1] ?? 0;
  let hash = 0n;
  for (const value of frequencies) hash = (hash << 1n) | (value > median ? 1n : 0n);
  return hash.toString(16).padStart(16, "0");
}

function lowFrequencies(samples: Float64Array): Float64Array {
  const rows = new Float64Array(SIDE * KEPT);
  for (let y = 0; y < SIDE; y += 1) {
    for (let u = 0; u < KEPT; u += 1) {
      for (let x = 0; x < SIDE; x += 1) {
        rows[y * KEPT + u]! += samples[y * SIDE + x]! * COSINES[u * SIDE + x]!;
      }
    }
  }
  const frequencies = new Float64Array(KEPT * KEPT);
  for (let v = 0; v < KEPT; v += 1) {
    for (let u = 0; u < KEPT; u += 1) {
      for (let y = 0; y < SIDE; y += 1) {
        frequencies[v * KEPT + u]! += rows[y * KEPT + u]! * COSINES[v * SIDE + y]!;
      }
    }
  }
  return frequencies;
}
