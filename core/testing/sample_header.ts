import type { ImageHeader } from "../model/insights.ts";

/** The header of a photograph of 4,000 by 3,000 pixels. */
export function sampleHeader(values: Partial<ImageHeader> = {}): ImageHeader {
  return {
    ...{ width: 4000, height: 3000, frames: 1, bitDepth: 8, channels: 3, hasAlpha: false },
    ...{ colorSpace: "yuv", orientation: 1, iccName: undefined, ...values },
  };
}
