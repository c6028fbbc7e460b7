import type { PipelineStep } from "@tintype/core/processing/pipeline";
import type { RawPixels } from "@tintype/core/ports/image_codec";
import { type Face, look } from "./faces_and_labels.ts";

/** A detector's box ends at the brow and the chin: so much of its sides is added on each side. */
const MARGIN = 0.2;
/** Squares along each side of a face that are left of it: far fewer than recognition needs. */
const SQUARES = 5;

/** Blurs each face that is found; every rendition and insight sees the blurred picture. */
export const blurFaces: PipelineStep = {
  name: "blur_faces",
  async apply(pixels, context) {
    const { faces } = await look(pixels, context);
    for (const face of faces) coarsen(pixels, face);
    return pixels;
  },
};

/** Puts the mean colour into each of a face's squares: nothing finer than a square is left. */
function coarsen({ data, width, height, channels }: RawPixels, face: Face): void {
  const left = clamp((face.left - MARGIN * face.width) * width, width);
  const right = clamp((face.left + (1 + MARGIN) * face.width) * width, width);
  const top = clamp((face.top - MARGIN * face.height) * height, height);
  const bottom = clamp((face.top + (1 + MARGIN) * face.height) * height, height);
  const side = Math.max(1, Math.ceil(Math.max(right - left, bottom - top) / SQUARES));
  for (let y = top; y < bottom; y += side) {
    for (let x = left; x < right; x += side) {
      fill(x, y, Math.min(right, x + side), Math.min(bottom, y + side));
    }
  }
  function fill(x0: number, y0: number, x1: number, y1: number): void {
    for (let channel = 0; channel < Math.min(3, channels); channel += 1) {
      let sum = 0;
      for (let y = y0; y < y1; y += 1) {
        for (let x = x0; x < x1; x += 1) sum += data[(y * width + x) * channels + channel] ?? 0;
      }
      const mean = sum / ((x1 - x0) * (y1 - y0));
      for (let y = y0; y < y1; y += 1) {
        for (let x = x0; x < x1; x += 1) data[(y * width + x) * channels + channel] = mean;
      }
    }
  }
}

function clamp(position: number, side: number): number {
  return Math.min(side, Math.max(0, Math.round(position)));
}
