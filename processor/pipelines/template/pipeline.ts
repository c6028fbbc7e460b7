/** The pipeline: its renditions, its steps over decoded pixels, its insights. */
import { definePipeline, oncePerPicture, rejectPicture } from "@tintype/core/processing/pipeline";
import type { RawPixels } from "@tintype/core/ports/image_codec";
import packageJson from "./package.json" with { type: "json" };

/** Mean red, green and blue, 0 to 255. In the place of this a model would run: it may return a promise. */
const meanColor = oncePerPicture(({ data, channels }: RawPixels) =>
  [0, 1, 2].map((channel) => {
    let sum = 0;
    for (let at = channel; at < data.length; at += channels) sum += data[at] ?? 0;
    return sum / (data.length / channels);
  })
);

const CASTS = ["reddish", "greenish", "bluish"];

export default definePipeline({
  name: packageJson.name,
  version: packageJson.version,
  steps: [{
    name: "refuse_slivers",
    apply(pixels) {
      if (Math.min(pixels.width, pixels.height) < 8) rejectPicture("it is less than 8 pixels wide");
      return pixels;
    },
  }],
  insights: {
    mean_color: {
      sidePx: 200,
      column: {
        type: "FLOAT64",
        mode: "REPEATED",
        maxItems: 3,
        description: "Mean red, green and blue, 0 to 255",
      },
      measure: meanColor,
    },
    color_casts: {
      sidePx: 200,
      column: {
        type: "STRING",
        mode: "REPEATED",
        maxItems: 3,
        values: CASTS,
        description: "Channels that are stronger than the mean by a tenth",
      },
      measure(pixels, context) {
        const means = meanColor(pixels, context);
        const mean = means.reduce((sum, value) => sum + value, 0) / means.length;
        return CASTS.filter((_, channel) => (means[channel] ?? 0) > mean * 1.1);
      },
    },
  },
});
