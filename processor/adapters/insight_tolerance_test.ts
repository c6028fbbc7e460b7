import assert from "node:assert/strict";
import { test } from "node:test";
import type { PixelInsights } from "@tintype/core/model/insights";
import {
  DEFAULT_RENDITIONS,
  type RenditionSpec,
  renditionTableSchema,
} from "@tintype/core/model/rendition";
import { DEFAULT_PIPELINE } from "@tintype/core/processing/pipeline";
import { render } from "@tintype/core/processing/render";
import { hammingDistance } from "@tintype/core/testing/likeness";
import { renderRequestOf, sharedImage, WITHOUT_SHARED_IMAGES } from "../testing/samples.ts";
import { sharpCodec } from "./sharp_codec.ts";

const codec = sharpCodec();

/** Longest sides of rendition tables, and how a picture is fitted into them. */
const TABLES = [[200, "inside"], [400, "cover"], [1_000, "inside"], [3_000, "inside"]] as const;

/** How far a measure may lie from that of the default table: shares of sharpness, bits for hashes, else its own unit. */
const DISTANCES:
  readonly (readonly [string, (a: PixelInsights, b: PixelInsights) => number, number])[] = [
    ["sharpness", (a, b) => Math.abs(a.sharpness / b.sharpness - 1), 0.1],
    ["mean luma", (a, b) => Math.abs(a.meanLuma - b.meanLuma), 0.005],
    ["contrast", (a, b) => Math.abs(a.contrast - b.contrast), 0.005],
    ["entropy", (a, b) => Math.abs(a.entropy - b.entropy), 0.05],
    ["hash", (a, b) => hammingDistance(a.perceptualHash, b.perceptualHash), 2],
    ["first colour", (a, b) => apart(a.dominantColors[0], b.dominantColors[0]), 12],
  ];

/** The largest difference of a channel, of 255. */
function apart(a = "", b = ""): number {
  const samples = (color: string) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  const other = samples(b);
  return Math.max(...samples(a).map((sample, at) => Math.abs(sample - (other[at] ?? 0))));
}

for (const name of ["photos/iphone6_8mp.jpg", "photos/galaxy_note3.jpg", "kodak/kodim23.png"]) {
  test(`${name} measures the same whatever its renditions are`, {
    skip: WITHOUT_SHARED_IMAGES,
  }, async () => {
    const request = await renderRequestOf(sharedImage(name));
    const insightsOf = async (renditions: readonly RenditionSpec[]) => {
      const options = { pipeline: DEFAULT_PIPELINE, clock: Date, decodeTimeoutMs: 20_000 };
      return (await render(codec, { ...request, renditions }, options)).insights;
    };
    const usual = await insightsOf(DEFAULT_RENDITIONS);
    for (const [side, fit] of TABLES) {
      const table = renditionTableSchema.parse([{ name: "only", width: side, height: side, fit }]);
      const found = await insightsOf(table);
      for (const [what, distance, most] of DISTANCES) {
        const apart = distance(found, usual);
        assert.ok(apart <= most, `${what} of ${side} ${fit}: ${apart}`);
      }
    }
  });
}
