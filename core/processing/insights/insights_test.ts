import assert from "node:assert/strict";
import { test } from "node:test";
import { pixelInsightsSchema } from "../../model/insights.ts";
import type { RawPixels } from "../../ports/image_codec.ts";
import { draw, quarters } from "../../testing/drawing.ts";
import { hammingDistance } from "../../testing/likeness.ts";
import { sampleHeader } from "../../testing/sample_header.ts";
import { SAMPLE_INSIGHTS } from "../../testing/sample_manifest.ts";
import { STANDARD_INSIGHTS } from "../pipeline.ts";
import { dominantColors, dominantColorShares } from "./dominant_colors.ts";
import { contrast, entropy, isBlank, meanLuma } from "./luma.ts";
import { perceptualHash } from "./perceptual_hash.ts";
import { sharpness } from "./sharpness.ts";
import { thumbhash } from "./thumbhash.ts";

const grey = (value: number) => draw(64, 48, () => [value, value, value]);
const checks = draw(64, 64, (x, y) => (x + y) % 2 === 0 ? [0, 0, 0] : [255, 255, 255]);
const ramp = draw(256, 16, (x) => [x, x, x]);
/** Soft hills of light, as photographs have them. */
const hills = (width: number, height: number, { phase = 0, gain = 1 } = {}) =>
  draw(width, height, (x, y) => {
    const value = 128 +
      gain * 60 * Math.sin(7 * x / width + phase) * Math.cos(5 * y / height + phase);
    return [value, value * 0.9, value * 0.7];
  });

/** Mean luma (by BT.709, white where it is transparent), contrast and entropy in bits. */
const SPREADS: readonly (readonly [string, RawPixels, readonly [number, number, number]])[] = [
  ["white", grey(255), [1, 0, 0]],
  ["black", grey(0), [0, 0, 0]],
  ["green", draw(8, 8, () => [0, 255, 0]), [182 / 255, 0, 0]],
  ["glass", draw(8, 8, () => [0, 0, 0, 0]), [1, 0, 0]],
  ["checks", checks, [0.5, 0.5, 1]],
  ["every grey", ramp, [0.5, Math.sqrt((256 ** 2 - 1) / 12) / 255, 8]],
];

for (const [what, pixels, expected] of SPREADS) {
  test(`meanLuma(), contrast() and entropy() of ${what} are ${expected}`, () => {
    const found = [meanLuma(pixels), contrast(pixels), entropy(pixels)];
    found.forEach((value, at) =>
      assert.ok(Math.abs(value - (expected[at] ?? 0)) < 1e-6, `${found}`)
    );
  });
}

test("isBlank() takes noise for nothing, and equal brightness of two colours for something", () => {
  assert.equal(isBlank(draw(64, 64, (x, y) => [100 + (x * y) % 3, 100, 100])), true);
  assert.equal(isBlank(draw(64, 64, (x) => x < 32 ? [200, 0, 0] : [0, 59, 0])), false);
});

test("sharpness() is high for edges, falls with blur and is 0 without any", () => {
  const edges = draw(64, 64, (x) => x < 32 ? [0, 0, 0] : [255, 255, 255]);
  const blurred = draw(64, 64, (x) => {
    const value = 255 / (1 + Math.exp((32 - x) / 4));
    return [value, value, value];
  });
  assert.equal(sharpness(grey(90)), 0);
  assert.ok(sharpness(edges) > 100 * sharpness(blurred));
  assert.equal(sharpness(draw(2, 2, () => [1, 2, 3])), 0);
});

test("dominantColors() names the most striking colours first, near ones as one, with their shares", () => {
  const picture = draw(200, 10, (x) => {
    if (x < 120) return x % 2 === 0 ? [92, 88, 80] : [96, 90, 84];
    if (x < 160) return [250, 250, 250];
    return x < 180 ? [230, 30, 30] : [20, 20, 240];
  });
  const shares = dominantColorShares(picture);
  const colors = dominantColors(picture).map((color, at) => `${color} ${shares[at]}`);
  assert.deepEqual(colors.slice(0, 2), ["#1414f0 0.1", "#e61e1e 0.1"]);
  assert.deepEqual(colors.slice(2).toSorted(), ["#5e5952 0.6", "#fafafa 0.2"]);
});

test("dominantColors() does not see what is transparent", () => {
  const red = draw(8, 8, (x) => x < 4 ? [255, 0, 0, 0] : [0, 0, 255, 255]);
  assert.deepEqual(dominantColors(red), ["#0000ff"]);
  assert.deepEqual(dominantColors(draw(8, 8, () => [255, 0, 0, 0])), []);
});

test("perceptualHash() is the same for a smaller, brighter copy and far for another picture", () => {
  const hash = perceptualHash(hills(200, 150));
  assert.match(hash, /^[0-9a-f]{16}$/);
  assert.ok(hammingDistance(hash, perceptualHash(hills(100, 75, { gain: 1.4 }))) <= 6);
  assert.ok(hammingDistance(hash, perceptualHash(hills(200, 150, { phase: 2 }))) > 16);
});

test("thumbhash() is short, another for each picture, of any size, and without hidden colours", () => {
  const glass = (hidden: number) =>
    draw(64, 64, (x) => x % 2 === 0 ? [200, 100, 50, 255] : [hidden, hidden, hidden, 0]);
  assert.equal(thumbhash(glass(0)), thumbhash(glass(255)));
  const hash = thumbhash(hills(1600, 900));
  assert.ok(hash.length <= 40);
  assert.notEqual(hash, thumbhash(quarters(160, 90)));
  assert.ok(thumbhash(draw(1, 3000, () => [9, 9, 9])).length > 0);
});

test("every standard insight of a picture is what it was", () => {
  const picture = draw(320, 200, (x, y) => {
    const light = 128 + 60 * Math.sin(7 * x / 320) * Math.cos(5 * y / 200);
    return x < 60 && y < 60 ? [230, 30, 30] : [light, light * 0.9, light * 0.7];
  });
  const context = { mediaType: "image/png", header: sampleHeader() } as const;
  const rounded = (value: unknown) => typeof value === "number" ? value.toFixed(6) : value;
  const found = Object.entries(STANDARD_INSIGHTS)
    .map(([name, insight]) => [name, rounded(insight.measure(picture, context))]);
  assert.deepEqual(Object.fromEntries(found), {
    dominantColors: ["#e61e1e", "#82755b", "#59503e", "#ad9c79"],
    dominantColorShares: [0.056, 0.585, 0.229, 0.13],
    ...{ meanLuma: "0.438242", contrast: "0.103749", entropy: "6.491586", isBlank: false },
    ...{ sharpness: "16.927606", perceptualHash: "97636317e8fce810" },
    thumbhash: "GykGDIRBeonGCmfXCle8/fv+zw==",
  });
  const shades = draw(64, 64, (x, y) => [4 * x, 255 - 4 * x, 4 * y]);
  const expected = ["#d634d2", "#0ff05e", "#e6203e", "#60a248", "#56add4"];
  assert.deepEqual(dominantColors(shades), expected);
});

test("a manifest takes no insight beyond its bounds", () => {
  const beyond: Readonly<Record<string, unknown>> = {
    ...{ meanLuma: 1.01, contrast: 1.01, entropy: 8.01, sharpness: -0.01 },
    ...{ dominantColors: Array(6).fill("#000000"), dominantColorShares: Array(6).fill(0) },
    ...{ perceptualHash: "0".repeat(15) },
  };
  for (const [name, value] of Object.entries(beyond)) {
    const read = pixelInsightsSchema.safeParse({ ...SAMPLE_INSIGHTS, [name]: value });
    assert.equal(read.success, false, name);
  }
});

test("every standard insight fits its schema, on a single pixel too", () => {
  const context = {
    mediaType: "image/png",
    header: sampleHeader({ width: 1, height: 1 }),
  } as const;
  const dots = [[1, 2, 3], [1, 2, 3, 0]].map((color) => draw(1, 1, () => color));
  for (const pixels of [...dots, hills(320, 200)]) {
    const measured = Object.entries(STANDARD_INSIGHTS)
      .map(([name, insight]) => [name, insight.measure(pixels, context)]);
    pixelInsightsSchema.parse(Object.fromEntries(measured));
  }
});
