import type { PixelInsights } from "../model/insights.ts";
import type { Manifest } from "../model/manifest.ts";
import type { ImageRef } from "../model/object_name.ts";

/** What is seen in a picture, each within its bounds. */
export const SAMPLE_INSIGHTS: PixelInsights = {
  dominantColors: ["#102030", "#405060"],
  dominantColorShares: [0.4, 0.25],
  meanLuma: 0.4,
  contrast: 0.2,
  sharpness: 812.5,
  entropy: 7.1,
  isBlank: false,
  perceptualHash: "0123456789abcdef",
  thumbhash: "3OcRJYB4d3h/iIeHeEh3eIhw+j2w",
};

/** A manifest of an image that is ready, in which everything that may be there is there. */
export function sampleManifest(ref: ImageRef, values: Partial<Manifest> = {}): Manifest {
  return {
    version: 1,
    imageId: ref.imageId,
    tenant: ref.tenant,
    owner: ref.owner,
    source: "kafka",
    status: "ready",
    generation: "1700000000000001",
    bytes: 2_000_000,
    sha256: "ab".repeat(32),
    metadata: {
      ...{ mediaType: "image/jpeg", width: 4032, height: 3024, megapixels: 12.19, frames: 1 },
      ...{ isAnimated: false, hasAlpha: false, colorSpace: "yuv", bitDepth: 8, orientation: 6 },
      ...{ iccName: "Display P3", primaries: "display_p3", transfer: "srgb", isHdr: false },
      ...{ provenance: "present", isAiGenerated: false },
      camera: {
        ...{ make: "apple", model: "iPhone 15 Pro", lens: "back triple camera", exposureMs: 8.3 },
        ...{ fNumber: 1.8, iso: 64, focalLengthMm: 6.9, capturedHour: 17, hasGps: true },
      },
      insights: SAMPLE_INSIGHTS,
    },
    renditions: [sampleRendition("large", 300_000), sampleRendition("thumb", 9_000)],
    timings: { queueMs: 1, fetchMs: 2, probeMs: 3, decodeMs: 4, totalMs: 99 },
    engine: "sharp 0.35.5",
    processorVersion: "1.2.3",
    traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
    attempt: 2,
    processedAt: "2026-03-14T12:00:00.000Z",
    ...values,
  };
}

function sampleRendition(name: string, bytes: number): Manifest["renditions"][number] {
  const sides = { width: 1600, height: 1200 };
  const object = `${name}.jpg`;
  return { name, object, generation: "17", ...sides, contentType: "image/jpeg", bytes };
}
