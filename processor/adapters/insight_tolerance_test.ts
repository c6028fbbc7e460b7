import assert from "node:assert/strict";
import { test } from "node:test";
import type { PixelInsights } from "@tintype/core/model/insights";
import {
  DEFAULT_RENDITIONS,
  type RenditionSpec,
  renditionTableSchema,
} from "@tintype/core/model/rendition";
import type { RawPixels } from "@tintype/core/ports/image_codec";
import { DEFAULT_PIPELINE, STANDARD_INSIGHTS } from "@tintype/core/processing/pipeline";
import { render } from "@tintype/core/processing/render";
import { probeBytes } from "@tintype/core/processing/probe/probe";
import { decodeInside } from "@tintype/core/testing/codec_contract";
import { hammingDistance } from "@tintype/core/testing/likeness";
import {
  renderRequestOf,
  sharedImage,
  sharedImages,
  WITHOUT_SHARED_IMAGES,
} from "../testing/samples.ts";
import { sharpCodec } from "./sharp_codec.ts";

const codec = sharpCodec();
const skip = WITHOUT_SHARED_IMAGES;

/**
 * How far an insight of the pixels that it gets may lie from that of the largest ones: shares of the range for luma and
 * contrast, bits for entropy and hash, Euclidean distance (of 441) from the most frequent colour to the nearest found.
 */
const TOLERANCES = {
  meanLuma: 0.01,
  contrast: 0.03,
  entropy: 0.25,
  perceptualHash: 4,
  dominantColors: 48,
} as const satisfies Partial<Record<keyof PixelInsights, number>>;

async function inside(pixels: RawPixels, side: number): Promise<RawPixels> {
  const box = { width: side, height: side, fit: "inside", enlarge: false } as const;
  return await codec.resize(pixels, { ...box, background: "#ffffff" });
}

function apart(a: string, b: string): number {
  const rgb = (color: string) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  const [left, right] = [rgb(a), rgb(b)];
  return Math.hypot(...left.map((value, at) => value - (right[at] ?? 0)));
}

test("insights of the small pixels that they get are those of the largest", { skip }, async () => {
  for (const name of [...sharedImages("photos"), ...sharedImages("kodak")]) {
    if (name.endsWith(".heic")) continue;
    const bytes = sharedImage(name);
    const { mediaType, header } = await probeBytes(bytes);
    const context = { mediaType, header };
    const large = await decodeInside(codec, bytes, { width: 1600, height: 1600 });
    const small = await inside(await inside(large, 800), 200);
    const of = <Name extends keyof PixelInsights>(insight: Name, pixels: RawPixels) =>
      STANDARD_INSIGHTS[insight].measure(pixels, context);
    for (const insight of ["meanLuma", "contrast", "entropy"] as const) {
      const difference = Math.abs(of(insight, small) - of(insight, large));
      assert.ok(difference <= TOLERANCES[insight], `${name} ${insight}: ${difference}`);
    }
    assert.equal(of("isBlank", small), of("isBlank", large), name);
    const bits = hammingDistance(of("perceptualHash", small), of("perceptualHash", large));
    assert.ok(bits <= TOLERANCES.perceptualHash, `${name} hash: ${bits} bits`);
    const [first = ""] = of("dominantColors", large);
    const nearest = Math.min(...of("dominantColors", small).map((color) => apart(first, color)));
    assert.ok(nearest <= TOLERANCES.dominantColors, `${name} colours: ${nearest}`);
  }
});

/** Longest sides of rendition tables, and how a picture is fitted into them. */
const TABLES = [[200, "inside"], [400, "cover"], [1_000, "inside"], [3_000, "inside"]] as const;

test("a picture is as sharp whatever its renditions are", { skip }, async () => {
  const bytes = sharedImage("photos/iphone6_8mp.jpg");
  const request = { ...await renderRequestOf(bytes), bytes };
  const sharpnessOf = async (renditions: readonly RenditionSpec[]) => {
    const options = { pipeline: DEFAULT_PIPELINE, clock: Date, decodeTimeoutMs: 20_000 };
    return (await render(codec, { ...request, renditions }, options)).insights.sharpness;
  };
  const usual = await sharpnessOf(DEFAULT_RENDITIONS);
  for (const [side, fit] of TABLES) {
    const table = renditionTableSchema.parse([{ name: "only", width: side, height: side, fit }]);
    const share = await sharpnessOf(table) / usual;
    assert.ok(Math.abs(share - 1) <= 0.1, `${side} ${fit}: ${share}`);
  }
});
