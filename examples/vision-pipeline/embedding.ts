import type { OwnInsight } from "@tintype/core/processing/pipeline";
import { IMAGENET, loadModel } from "./onnx_model.ts";

/** A model that makes a vector of a picture. */
export interface EmbeddingModel {
  /** An ONNX file of this package, with one input of [1, 3, side, side]. */
  readonly file: URL;
  readonly sidePx: number;
  /** Of its first output. */
  readonly dimensions: number;
}

/** The socket for a company's own model: its vector, of length 1, so that a cosine is a dot product. */
export async function embedding(
  { file, sidePx, dimensions }: EmbeddingModel,
): Promise<OwnInsight> {
  const run = await loadModel(file);
  return {
    sidePx,
    column: {
      type: "FLOAT64",
      mode: "REPEATED",
      maxItems: dimensions,
      description:
        `Vector of length 1 in ${dimensions} dimensions: alike pictures have alike vectors`,
    },
    async measure(pixels) {
      const { data } = await run(pixels, { width: sidePx, height: sidePx, ...IMAGENET });
      if (data.length !== dimensions) {
        throw new RangeError(
          `The model's vector must have ${dimensions} numbers (got ${data.length})`,
        );
      }
      const length = Math.hypot(...data);
      // Six digits are more than a model's own precision, and half the bytes.
      return length === 0 ? null : Array.from(data, (value) => Number((value / length).toFixed(6)));
    },
  };
}
