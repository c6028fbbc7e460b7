/**
 * Faces, labels and text in a picture, by models that ship in npm packages; faces are blurred in every rendition. A
 * company's own model, `embedding.onnx` in this folder, adds its vector.
 */
import { existsSync } from "node:fs";
import { definePipeline } from "@tintype/core/processing/pipeline";
import packageJson from "./package.json" with { type: "json" };
import { blurFaces } from "./blur_faces.ts";
import cocoLabels from "./coco_labels.json" with { type: "json" };
import { embedding } from "./embedding.ts";
import { look } from "./faces_and_labels.ts";
import { textShare } from "./text_share.ts";

/** A face is counted where the detector is so sure of it. */
const COUNTED_SCORE = 0.7;
const MODEL = {
  file: new URL("embedding.onnx", import.meta.url),
  ...{ sidePx: 224, dimensions: 512 },
};

export default definePipeline({
  name: packageJson.name,
  version: packageJson.version,
  steps: [blurFaces],
  insights: {
    face_count: {
      sidePx: 800,
      column: { type: "INT64", description: "Faces that were found, with a score of 0.7 at least" },
      async measure(pixels, context) {
        const { faces } = await look(pixels, context);
        return faces.filter(({ score }) => score >= COUNTED_SCORE).length;
      },
    },
    labels: {
      sidePx: 800,
      column: {
        type: "STRING",
        mode: "REPEATED",
        maxItems: 20,
        values: cocoLabels,
        description: "Kinds of things that were found, of COCO's 80",
      },
      async measure(pixels, context) {
        const { labels } = await look(pixels, context);
        return [...new Set(labels.map(({ label }) => label))].filter((it) =>
          cocoLabels.includes(it)
        );
      },
    },
    // In the manifest alone: left, top, width, height and score of each face, one behind the other.
    faces: {
      sidePx: 800,
      async measure(pixels, context) {
        const { faces } = await look(pixels, context);
        return faces.flatMap(({ left, top, width, height, score }) =>
          [left, top, width, height, score].map((value) => Number(value.toFixed(3)))
        );
      },
    },
    text_share: textShare,
    ...(existsSync(MODEL.file) ? { embedding: await embedding(MODEL) } : {}),
  },
});
