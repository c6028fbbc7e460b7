import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { ImageRejected } from "@tintype/core/model/reject_reason";
import { decodeInside, PIXEL_CASES } from "@tintype/core/testing/codec_contract";
import { colorAt, difference } from "@tintype/core/testing/drawing";
import { sampleHeader } from "@tintype/core/testing/sample_header";
import { makeSample, sharedImage, WITHOUT_SHARED_IMAGES } from "../testing/samples.ts";
import { heifCodec } from "./heif_codec.ts";
import { tiffWithProfile } from "./_tiff_with_profile.ts";

const skip = WITHOUT_SHARED_IMAGES;
const codec = heifCodec();

// Nothing here can write HEIC: what the contract says of decoding is proved with the sample below.
for (const { name, run } of PIXEL_CASES) {
  test(`heifCodec() ${name}`, () => run({ codec, mediaTypes: [], make: makeSample }));
}

test("heifCodec() decodes an iPhone's HEIC upright, in sRGB, without alpha", { skip }, async () => {
  const bytes = sharedImage("photos/iphone_hevc.heic");
  const pixels = await decodeInside(codec, bytes, { width: 400, height: 400 });
  assert.deepEqual([pixels.width, pixels.height, pixels.channels], [300, 400, 3]);
  // A white sign with a red ring over dark glass: upright, the sky is in the upper right and the dark below left.
  const [red = 0, , blue = 0] = colorAt(pixels, 0.95, 0.05);
  assert.ok(blue > red, "the sky is not above");
});

test("heifCodec() refuses a cut HEIC as truncated", { skip }, async () => {
  const bytes = sharedImage("photos/iphone_hevc.heic");
  const cut = bytes.slice(0, bytes.length >> 1);
  const decoding = decodeInside(codec, cut, { width: 9, height: 9 });
  await assert.rejects(decoding, { reason: "truncated" });
});

test("heifCodec() refuses bytes that are no HEIC", async () => {
  const header = sampleHeader({ width: 40, height: 30 });
  const target = { width: 40, height: 30, fit: "inside" } as const;
  const bytes = new Uint8Array(1_000).fill(7);
  const request = { bytes, mediaType: "image/heic", header, target, timeoutMs: 10_000 } as const;
  await assert.rejects(codec.decode(request), ImageRejected);
});

test("tiffWithProfile() makes libvips convert raw pixels from their profile to sRGB", async () => {
  const background = { r: 255, g: 0, b: 0 };
  const created = sharp({ create: { width: 8, height: 8, channels: 3, background } });
  const wide = await created.withIccProfile("p3").png().toBuffer();
  const { icc } = await sharp(wide).metadata();
  assert.ok(icc !== undefined);
  const stored = new Uint8Array(await sharp(wide, { ignoreIcc: true }).raw().toBuffer());
  const pixels = { data: stored, width: 8, height: 8, channels: 3 } as const;
  const data = new Uint8Array(await sharp(tiffWithProfile(pixels, icc)).raw().toBuffer());
  assert.ok(difference(colorAt({ ...pixels, data }, 0.5, 0.5), [255, 0, 0]) <= 4);
});
