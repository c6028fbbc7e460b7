import type { RawPixels } from "../../ports/image_codec.ts";
import { lumaOf } from "./_luma.ts";

/**
 * Variance of the Laplacian (kernel 0 1 0 / 1 -4 1 / 0 1 0) of 8-bit luma: Pech-Pacheco et al., "Diatom autofocusing in
 * brightfield microscopy", 2000. Below about 100 a photograph looks blurred; 0 where it is narrower than three pixels.
 */
export function sharpness(pixels: RawPixels): number {
  const { width, height } = pixels;
  if (width < 3 || height < 3) return 0;
  const luma = lumaOf(pixels);
  let sum = 0;
  let squares = 0;
  for (let y = 1; y < height - 1; y += 1) {
    const last = (y + 1) * width - 1;
    for (let at = y * width + 1; at < last; at += 1) {
      // All five lie within the picture.
      const edge = luma[at - width]! + luma[at + width]! + luma[at - 1]! + luma[at + 1]! -
        4 * luma[at]!;
      sum += edge;
      squares += edge * edge;
    }
  }
  const count = (width - 2) * (height - 2);
  return Math.max(0, squares / count - (sum / count) ** 2);
}
