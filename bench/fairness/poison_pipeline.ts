/** A pipeline by which pictures of one width never end. */
import { definePipeline } from "@tintype/core/processing/pipeline";

/** Pixels. */
export const POISON_WIDTH = 64;
/** Longer than any deadline. */
const NEVER_MS = 600_000;

export default definePipeline({
  steps: [{
    name: "poison",
    async apply(pixels) {
      if (pixels.width === POISON_WIDTH) await new Promise((end) => setTimeout(end, NEVER_MS));
      return pixels;
    },
  }],
});
