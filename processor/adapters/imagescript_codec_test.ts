import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { CODEC_CONTRACT, decodeInside } from "@tintype/core/testing/codec_contract";
import { colorAt, difference, draw, quarters } from "@tintype/core/testing/drawing";
import { hammingDistance, shrunk, ssim } from "@tintype/core/testing/likeness";
import {
  makeSample,
  sharedImage,
  sharedImages,
  WITHOUT_SHARED_IMAGES,
} from "../testing/samples.ts";
import { perceptualHash } from "@tintype/core/processing/insights/perceptual_hash";
import { imagescriptCodec } from "./imagescript_codec.ts";
import { sharpCodec } from "./sharp_codec.ts";

const codec = imagescriptCodec();
const skip = WITHOUT_SHARED_IMAGES;
const BOX = { width: 400, height: 400 };

for (const { name, run } of CODEC_CONTRACT) {
  test(`imagescriptCodec() ${name}`, () =>
    run({ codec, mediaTypes: [...codec.takes], make: makeSample }));
}

test("imagescriptCodec() refuses the types that it does not take", async () => {
  const bytes = await makeSample(quarters(20, 20), { mediaType: "image/webp" });
  await assert.rejects(decodeInside(codec, bytes, BOX), { reason: "unsupported_type" });
});

test("imagescriptCodec() decodes palettes, few bits and interlaced PNG", async () => {
  const { data, ...raw } = quarters(64, 64);
  for (const options of [{ palette: true }, { palette: true, colours: 4 }, { progressive: true }]) {
    const bytes = new Uint8Array(await sharp(data, { raw }).png(options).toBuffer());
    const pixels = await decodeInside(codec, bytes, BOX);
    const expected = colorAt(quarters(4, 4), 0.25, 0.25);
    assert.ok(
      difference(colorAt(pixels, 0.25, 0.25), expected) <= 24,
      `${JSON.stringify(options)}: ${colorAt(pixels, 0.25, 0.25)}`,
    );
  }
});

test("imagescriptCodec() shows a GIF's first frame where it lies, the rest transparent", async () => {
  const glass = draw(40, 40, (x) => x < 20 ? [0, 0, 0, 0] : [200, 30, 30, 255]);
  const bytes = await makeSample(glass, { mediaType: "image/gif" });
  const pixels = await decodeInside(codec, bytes, BOX);
  assert.equal(pixels.channels, 4);
  assert.equal(colorAt(pixels, 0.2, 0.5)[3], 0);
  assert.ok(difference(colorAt(pixels, 0.8, 0.5), [200, 30, 30, 255]) <= 8);
});

test("imagescriptCodec() shows photographs as sharp does", { skip }, async () => {
  const other = sharpCodec();
  const names = [...sharedImages("photos"), ...sharedImages("kodak")]
    .filter((name) => !name.endsWith(".heic"));
  for (const name of names) {
    const box = { width: 600, height: 600 };
    const bytes = sharedImage(name);
    const ours = await decodeInside(codec, bytes, box);
    const theirs = await decodeInside(other, bytes, { width: 1_200, height: 1_200 });
    // sharp rounds a side its own way while it decodes.
    const { width, height } = ours;
    const likeness = ssim(ours, shrunk(theirs, { width, height }));
    assert.ok(likeness >= 0.95, `${name}: ${likeness}`);
  }
});

test("imagescriptCodec() refuses cut samples as truncated", { skip }, async () => {
  for (const name of ["formats/truncated.jpg", "formats/truncated.png"]) {
    await assert.rejects(decodeInside(codec, sharedImage(name), BOX), { reason: "truncated" });
  }
});

test("imagescriptCodec() shows printed pictures nearly as sharp does", { skip }, async () => {
  for (const name of ["formats/cmyk_no_icc.jpg", "formats/cmyk_icc.jpg"]) {
    const [ours, theirs] = [
      await decodeInside(codec, sharedImage(name), BOX),
      await decodeInside(sharpCodec(), sharedImage(name), BOX),
    ];
    assert.ok(hammingDistance(perceptualHash(ours), perceptualHash(theirs)) <= 8, name);
  }
});
