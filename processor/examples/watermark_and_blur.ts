/**
 * A pipeline to copy: its own renditions, a watermark in each, a blur score for analysts, and a refusal.
 * Try it: `PIPELINE=processor/examples/watermark_and_blur.ts`; its columns: `processor/columns/main.ts` with its path.
 */
import {
  definePipeline,
  type OwnInsight,
  type PipelineStep,
  rejectPicture,
} from "@tintype/core/processing/pipeline";
import type { RawPixels } from "@tintype/core/ports/image_codec";
import { sharpness } from "@tintype/core/processing/insights/sharpness";

/** The mark, a dot where there is none; each of its pixels is scaled with the picture. */
const MARK = [
  "#####.#.#...#.#####.#...#.####..#####",
  "..#...#.##..#...#....#.#..#...#.#....",
  "..#...#.#.#.#...#.....#...####..####.",
  "..#...#.#..##...#.....#...#.....#....",
  "..#...#.#...#...#.....#...#.....#####",
];
const MARK_WIDTH = 37;
/** Of the picture's width. */
const MARK_SHARE = 0.2;
const OPACITY = 0.45;

/** Puts the mark into the lower right corner, white and half transparent. */
const watermark: PipelineStep = {
  name: "watermark",
  apply(pixels) {
    const dot = Math.floor((pixels.width * MARK_SHARE) / MARK_WIDTH);
    if (dot < 1) return pixels;
    // Pixels belong to the step: it may change them where they lie.
    const left = pixels.width - (MARK_WIDTH + 3) * dot;
    const top = pixels.height - (MARK.length + 3) * dot;
    MARK.forEach((line, row) => {
      Array.from(line, (character, column) => {
        if (character !== "#") return;
        whiten(pixels, { left: left + column * dot, top: top + row * dot, side: dot });
      });
    });
    return pixels;
  },
};

interface Square {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

function whiten(
  { data, width, height, channels }: RawPixels,
  { left, top, side }: Square,
): void {
  for (let y = Math.max(0, top); y < Math.min(height, top + side); y += 1) {
    for (let x = Math.max(0, left); x < Math.min(width, left + side); x += 1) {
      const at = (y * width + x) * channels;
      for (let channel = at; channel < at + 3; channel += 1) {
        const value = data[channel] ?? 0;
        data[channel] = value + (255 - value) * OPACITY;
      }
    }
  }
}

/** Refuses what nobody could recognise anything in. */
const refuseSlivers: PipelineStep = {
  name: "refuse_slivers",
  apply(pixels) {
    if (Math.min(pixels.width, pixels.height) < 8) rejectPicture("it is less than 8 pixels wide");
    return pixels;
  },
};

/** 0 for a picture that is sharp to 1 for one without any edge: the variance of the Laplacian against that of a sharp photograph. */
const blurScore: OwnInsight = {
  sidePx: 640,
  column: { type: "FLOAT64", description: "How blurred the picture is, 0 (sharp) to 1" },
  measure: (pixels) => Number((1 / (1 + sharpness(pixels) / 100)).toFixed(4)),
};

/** Day or night, by the light at the picture's top. */
const daylight: OwnInsight = {
  sidePx: 128,
  column: { type: "STRING", values: ["day", "night"], description: "By the picture's upper third" },
  measure({ data, width, height, channels }) {
    const samples = data.subarray(0, width * Math.ceil(height / 3) * channels);
    const sum = samples.reduce((total, value) => total + value, 0);
    return sum / samples.length > 96 ? "day" : "night";
  },
};

export default definePipeline({
  renditions: [
    { name: "large", width: 1600, height: 1600 },
    { name: "square", width: 400, height: 400, fit: "cover" },
    { name: "card", width: 600, height: 400, fit: "contain", background: "#202020" },
  ],
  steps: [refuseSlivers, watermark],
  insights: { blur_score: blurScore, daylight },
});
