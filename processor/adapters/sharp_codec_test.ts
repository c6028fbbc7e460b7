import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { assertUpright, CODEC_CONTRACT, decodeInside } from "@tintype/core/testing/codec_contract";
import { colorAt, difference, draw, quarters, scene } from "@tintype/core/testing/drawing";
import { hammingDistance } from "@tintype/core/testing/likeness";
import { perceptualHash } from "@tintype/core/processing/insights/perceptual_hash";
import {
  makeSample,
  sharedImage,
  sharedImages,
  WITHOUT_SHARED_IMAGES,
} from "../testing/samples.ts";
import { sampleHeader } from "@tintype/core/testing/sample_header";
import { sharpCodec } from "./sharp_codec.ts";

const codec = sharpCodec();
const skip = WITHOUT_SHARED_IMAGES;
const BOX = { width: 400, height: 400 };

for (const { name, run } of CODEC_CONTRACT) {
  test(`sharpCodec() ${name}`, () =>
    run({ codec, mediaTypes: [...codec.takes], make: makeSample }));
}

for (const [depth, space] of [[8, "srgb"], [16, "rgb16"]] as const) {
  test(`sharpCodec() brings wide gamut of ${depth} bits to sRGB`, async () => {
    const create = { width: 32, height: 32, channels: 3, background: "#ff0000" } as const;
    const wide = sharp({ create }).toColourspace(space).withIccProfile("p3");
    const bytes = new Uint8Array(await wide.png().toBuffer());
    const stored = await sharp(bytes, { ignoreIcc: true }).raw().toBuffer();
    assert.ok((stored[1] ?? 0) > 30, "the sample itself is not in Display P3");
    const found = colorAt(await decodeInside(codec, bytes, BOX), 0.5, 0.5);
    assert.ok(difference(found, [255, 0, 0]) <= 4, String(found));
  });
}

test("sharpCodec() takes a JPEG that lacks nothing but its end", async () => {
  for (const progressive of [false, true]) {
    const { data, ...raw } = scene(160, 120);
    const bytes = new Uint8Array(await sharp(data, { raw }).jpeg({ progressive }).toBuffer());
    const whole = await decodeInside(codec, bytes, BOX);
    assert.deepEqual(await decodeInside(codec, bytes.slice(0, -2), BOX), whole);
    const cut = decodeInside(codec, bytes.slice(0, -200), BOX);
    await assert.rejects(cut, { reason: "truncated" });
  }
});

test("sharpCodec() shows a TIFF's colours without an extra sample that is no alpha", async () => {
  const { data, ...raw } = draw(32, 32, () => [200, 100, 50, 0]);
  const written = sharp(data, { raw }).tiff({ compression: "none" });
  const bytes = new Uint8Array(await written.toBuffer());
  const at = bytes.findIndex((_, at) =>
    [0x52, 1, 3, 0].every((byte, on) => bytes[at + on] === byte)
  );
  assert.equal(bytes[at + 8], 2, "the sample's alpha is not unassociated");
  bytes[at + 8] = 0;
  const pixels = await decodeInside(codec, bytes, { width: 16, height: 16 });
  assert.deepEqual([pixels.channels, ...colorAt(pixels, 0.5, 0.5)], [3, 200, 100, 50]);
});

test("sharpCodec() decodes the first frame of an animation", async () => {
  const first = quarters(40, 30).data;
  const second = new Uint8Array(first.length).fill(9);
  const both = new Uint8Array([...first, ...second]);
  const film = sharp(both, { raw: { width: 40, height: 60, channels: 3, pageHeight: 30 } });
  const pixels = await decodeInside(codec, new Uint8Array(await film.gif().toBuffer()), BOX);
  assert.deepEqual([pixels.width, pixels.height], [40, 30]);
  assertUpright(pixels, "first frame");
});

test("sharpCodec() refuses a picture that has more pixels than its header said", async () => {
  const bytes = await makeSample(quarters(200, 200), { mediaType: "image/png" });
  const header = sampleHeader({ width: 10, height: 10, colorSpace: "rgb" });
  const target = { ...BOX, fit: "inside" } as const;
  const request = { bytes, mediaType: "image/png", header, target, timeoutMs: 10_000 } as const;
  await assert.rejects(codec.decode(request), { reason: "processing_limit" });
});

test("sharpCodec() reaches no loader but those of the types it takes", async () => {
  const svg = new TextEncoder().encode(
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
  );
  await assert.rejects(sharp(svg).png().toBuffer());
});

for (const set of ["landscape", "portrait"]) {
  test(`sharpCodec() shows the eight orientations of one ${set} alike`, { skip }, async () => {
    const names = sharedImages("orientation").filter((name) => name.includes(set));
    assert.equal(names.length, 8);
    const all = [];
    for (const name of names) all.push(await decodeInside(codec, sharedImage(name), BOX));
    const [first] = all;
    assert.ok(first !== undefined);
    for (const pixels of all) {
      assert.deepEqual([pixels.width, pixels.height], [first.width, first.height]);
      assert.ok(hammingDistance(perceptualHash(pixels), perceptualHash(first)) <= 6);
    }
  });
}

test("sharpCodec() decodes every sample of its types, and refuses the cut ones as truncated", {
  skip,
}, async () => {
  const names = [...sharedImages("formats"), ...sharedImages("photos"), ...sharedImages("kodak")];
  for (const name of names.filter((name) => !name.endsWith(".heic"))) {
    const decoded = decodeInside(codec, sharedImage(name), BOX);
    if (name.includes("truncated")) await assert.rejects(decoded, { reason: "truncated" }, name);
    else assert.ok(Math.max((await decoded).width, (await decoded).height) <= 400, name);
  }
});

test("sharpCodec() shows CMYK the same with and without its profile", { skip }, async () => {
  const hashOf = async (name: string) =>
    perceptualHash(await decodeInside(codec, sharedImage(name), BOX));
  const [a, b] = [await hashOf("formats/cmyk_icc.jpg"), await hashOf("formats/cmyk_no_icc.jpg")];
  assert.ok(hammingDistance(a, b) <= 6);
});
