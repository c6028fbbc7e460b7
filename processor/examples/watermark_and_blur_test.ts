import assert from "node:assert/strict";
import process from "node:process";
import { after, before, test } from "node:test";
import sharp from "sharp";
import { draw, scene } from "@tintype/core/testing/drawing";
import { ssim } from "@tintype/core/testing/likeness";
import type { RawPixels } from "@tintype/core/ports/image_codec";
import { denoCacheOf } from "../pixels/deno_cache.ts";
import { type PixelPool, startPixelPool } from "../pixels/pixel_pool.ts";
import { makeSample, renderRequestOf } from "../testing/samples.ts";

const IMAGES = new URL("../../docs/images/", import.meta.url);

let pool: PixelPool;
before(async () => {
  pool = await startPixelPool({
    processes: 1,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    pipeline: "processor/examples/watermark_and_blur.ts",
    denoCache: denoCacheOf(Deno.env),
  });
});
after(() => pool.close());

const rendered = async (pixels: RawPixels) =>
  await pool.render(await renderRequestOf(await makeSample(pixels, { mediaType: "image/jpeg" })));

test("the example makes its own renditions, with its mark in the lower right corner", async () => {
  const grey = draw(1_200, 900, () => [90, 90, 90]);
  const { renditions } = await rendered(grey);
  assert.deepEqual(renditions.map((r) => [r.name, r.width, r.height]), [
    ["large", 1200, 900],
    ["square", 400, 400],
    ["card", 600, 400],
  ]);
  const [large] = renditions;
  assert.ok(large !== undefined);
  const { data, width, channels } = await rawOf(large.bytes);
  const brightest = (top: number, left: number) =>
    Math.max(...data.filter((_, at) => {
      const pixel = Math.floor(at / channels);
      return Math.floor(pixel / width) >= top && pixel % width >= left;
    }));
  assert.ok(brightest(800, 900) > 140);
  assert.ok((data[0] ?? 0) < 100);
});

test("the example scores blur and light", async () => {
  const sharpScene = scene(1_000, 750);
  const night = draw(1_000, 750, (x) => [x / 25, x / 25, x / 25]);
  const [lively, dull] = [(await rendered(sharpScene)).custom, (await rendered(night)).custom];
  assert.ok(Number(lively["blur_score"]) < Number(dull["blur_score"]));
  assert.deepEqual([lively["daylight"], dull["daylight"]], ["day", "night"]);
});

test("the pictures of docs/processing.md show what the example makes", async () => {
  const { renditions } = await rendered(scene(1_600, 1_200));
  for (const { name, bytes } of renditions) {
    const shown = await sharp(bytes).resize(320).jpeg({ quality: 85 }).toBuffer();
    const path = new URL(`example_${name}.jpg`, IMAGES);
    if (process.env["UPDATE_PICTURES"] === "1") await Deno.writeFile(path, shown);
    const [committed, made] = [await rawOf(await Deno.readFile(path)), await rawOf(shown)];
    const likeness = ssim(committed, made);
    assert.ok(likeness > 0.98, `${name}: ${likeness}; UPDATE_PICTURES=1 writes them anew`);
  }
});

async function rawOf(bytes: Uint8Array): Promise<RawPixels> {
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  return { data: new Uint8Array(data), width, height, channels: 3 };
}

test("the example refuses slivers", async () => {
  const refused = { name: "ImageRejected", reason: "pipeline_rejected" };
  await assert.rejects(rendered(draw(300, 4, () => [9, 9, 9])), refused);
});
