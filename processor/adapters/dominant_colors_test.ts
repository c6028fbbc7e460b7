import assert from "node:assert/strict";
import { test } from "node:test";
import { Buffer } from "node:buffer";
import process from "node:process";
import sharp, { type OverlayOptions } from "sharp";
import type { RawPixels } from "@tintype/core/ports/image_codec";
import {
  dominantColors,
  dominantColorShares,
} from "@tintype/core/processing/insights/dominant_colors";
import { decodeInside } from "@tintype/core/testing/codec_contract";
import { meanDeltaE } from "@tintype/core/testing/likeness";
import { sharedImage, sharedImages, WITHOUT_SHARED_IMAGES } from "../testing/samples.ts";
import { codecNamed } from "./codec_table.ts";

const skip = WITHOUT_SHARED_IMAGES;
const codec = await codecNamed("sharp");
const SHEET = new URL("../../docs/images/dominant_colors.jpg", import.meta.url);
const [COLUMNS, SIDE, BAR] = [4, 200, 30];

const pixelsOf = (name: string) =>
  decodeInside(codec, sharedImage(name), { width: SIDE, height: SIDE });

test(
  "dominantColors() of two macaws before leaves are green, yellow and red",
  { skip },
  async () => {
    const hues = dominantColors(await pixelsOf("kodak/kodim23.png")).slice(0, 3).map((color) => {
      const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) =>
        parseInt(color.slice(at, at + 2), 16)
      );
      if (blue > Math.min(red, green) + 20) return "blue";
      return green > red * 1.1 ? "green" : green > red * 0.6 ? "yellow" : "red";
    });
    assert.deepEqual(hues.toSorted(), ["green", "red", "yellow"]);
  },
);

/** A picture and, below it, a bar of its colours, each as wide as its share. */
function cell(pixels: RawPixels, at: number): OverlayOptions[] {
  const [left, top] = [(at % COLUMNS) * SIDE, Math.floor(at / COLUMNS) * (SIDE + BAR)];
  const { data, ...raw } = pixels;
  const shares = dominantColorShares(pixels);
  const sum = shares.reduce((total, share) => total + Math.sqrt(share), 0);
  let x = left;
  const bars = dominantColors(pixels).map((background, index): OverlayOptions => {
    const width = Math.max(1, Math.floor(SIDE * Math.sqrt(shares[index] ?? 0) / sum));
    const input = { create: { width, height: BAR - 6, channels: 3, background } } as const;
    x += width;
    return { input, left: x - width, top: top + SIDE };
  });
  return [{ input: Buffer.from(data), raw, left, top: top + SIDE - pixels.height - 2 }, ...bars];
}

test("the contact sheet in the documents shows today's colours", { skip }, async () => {
  const names = [...sharedImages("kodak"), ...sharedImages("photos")];
  const cells = [];
  for (const [at, name] of names.entries()) cells.push(...cell(await pixelsOf(name), at));
  const [width, height] = [COLUMNS * SIDE, Math.ceil(names.length / COLUMNS) * (SIDE + BAR)];
  const create = { width, height, channels: 3, background: "#ffffff" } as const;
  const sheet = await sharp({ create }).composite(cells).jpeg({ quality: 80 }).toBuffer();
  if (process.env["UPDATE_PICTURES"] === "1") await Deno.writeFile(SHEET, sheet);
  const box = { width, height };
  const [drawn, shown] = [
    await decodeInside(codec, new Uint8Array(sheet), box),
    await decodeInside(codec, await Deno.readFile(SHEET), box),
  ];
  const difference = meanDeltaE(drawn, shown);
  assert.ok(difference < 1, `${difference}; UPDATE_PICTURES=1 draws it anew`);
});
