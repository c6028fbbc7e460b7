import assert from "node:assert/strict";
import type { MediaType } from "../model/media_type.ts";
import { ImageRejected } from "../model/reject_reason.ts";
import { probeBytes } from "../processing/probe/probe.ts";
import {
  assertNoMetadata,
  assertUpright,
  type CodecUnderTest,
  decodeInside,
  latin1Of,
  type SampleVariant,
  TOLERANCE,
} from "./_codec_case.ts";
import { contractOf } from "./object_store_contract.ts";
import { CANARY, withCanaries } from "./canaries.ts";
import { type Color, colorAt, difference, draw, quarters, scene, turned } from "./drawing.ts";
import { MIN_SSIM, shrunk, ssim } from "./likeness.ts";

/** Where each way of storing colours is found, and by how much of 255 a colour may differ afterwards. */
const VARIANTS: readonly (readonly [SampleVariant, MediaType, number])[] = [
  ["grey", "image/jpeg", 3],
  ["grey", "image/png", 1],
  ["deep", "image/png", 1],
  ["deep", "image/tiff", 1],
  ["p3", "image/jpeg", 6],
  ["p3_points", "image/png", 2],
  ["linear", "image/png", 2],
  // Ink does not reach every colour.
  ["cmyk", "image/jpeg", 40],
];

/** Types that EXIF turns, and how. */
const TURNED: readonly (readonly [MediaType, orientation: number])[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((orientation) => ["image/jpeg", orientation] as const),
  ...[["image/png", 6], ["image/webp", 6], ["image/tiff", 6]] as const,
];

/** A colour that every way of storing colours can hold. */
const MILD: Color = [180, 90, 60];
const GREY: Color = [90, 90, 90];

/** What a codec promises of files that it decodes. */
export const DECODING_CASES = contractOf<CodecUnderTest>({
  async "decodes each type to upright 8-bit sRGB inside the box"({ codec, mediaTypes, make }) {
    for (const mediaType of mediaTypes) {
      const bytes = await make(quarters(120, 80), { mediaType });
      const pixels = await decodeInside(codec, bytes, { width: 60, height: 60 });
      assert.deepEqual([pixels.width, pixels.height], [60, 40], mediaType);
      assert.equal(pixels.data.length, 60 * 40 * pixels.channels);
      assertUpright(pixels, mediaType);
    }
  },
  async "never enlarges while decoding"({ codec, mediaTypes, make }) {
    for (const mediaType of mediaTypes) {
      const bytes = await make(quarters(64, 48), { mediaType });
      const { width, height } = await decodeInside(codec, bytes, { width: 500, height: 500 });
      assert.deepEqual([width, height], [64, 48], mediaType);
    }
  },
  async "turns all eight orientations of JPEG, and one of every type that EXIF turns, upright"(
    { codec, mediaTypes, make },
  ) {
    for (const [mediaType, orientation] of TURNED) {
      if (!mediaTypes.includes(mediaType)) continue;
      const bytes = await make(turned(quarters(96, 64), orientation), { mediaType, orientation });
      const pixels = await decodeInside(codec, bytes, { width: 48, height: 48 });
      const what = `${mediaType} of orientation ${orientation}`;
      assert.deepEqual([pixels.width, pixels.height], [48, 32], what);
      assertUpright(pixels, what);
    }
  },
  async "brings grey, deep, wide and printed colours to 8-bit sRGB"({ codec, mediaTypes, make }) {
    for (const [variant, mediaType, tolerance] of VARIANTS) {
      if (!mediaTypes.includes(mediaType)) continue;
      const color = variant === "grey" ? GREY : MILD;
      const bytes = await make(draw(48, 48, () => color), { mediaType, variant });
      const pixels = await decodeInside(codec, bytes, { width: 24, height: 24 });
      const found = colorAt(pixels, 0.5, 0.5);
      assert.equal(pixels.channels, 3, `${variant} ${mediaType}`);
      assert.ok(difference(color, found) <= tolerance, `${variant} ${mediaType}: ${found}`);
    }
  },
  async "shrinks as a reference does"({ codec, mediaTypes, make }) {
    const whole = scene(1_200, 900);
    const reference = shrunk(whole, { width: 400, height: 300 });
    for (const mediaType of mediaTypes) {
      if (mediaType === "image/gif") continue; // 256 colours are no reference
      const bytes = await make(whole, { mediaType });
      const decoded = await decodeInside(codec, bytes, { width: 400, height: 400 });
      const likeness = ssim(decoded, reference);
      assert.ok(likeness >= MIN_SSIM, `${mediaType}: ${likeness}`);
    }
    const box = { width: 400, height: 400, fit: "inside", enlarge: false } as const;
    const resized = await codec.resize(whole, { ...box, background: "#ffffff" });
    const likeness = ssim(resized, reference);
    assert.ok(likeness >= MIN_SSIM, `resized: ${likeness}`);
  },
  async "leaves behind what a file says of itself"({ codec, mediaTypes, make }) {
    for (const mediaType of mediaTypes) {
      const bytes = withCanaries(await make(scene(80, 60), { mediaType }), mediaType);
      assert.ok(latin1Of(bytes).includes(CANARY), mediaType);
      const pixels = await decodeInside(codec, bytes, { width: 80, height: 80 });
      for (const format of codec.writes) {
        const options = { format, quality: 80, background: "#ffffff" };
        const written = await codec.encode(pixels, options);
        assert.ok(!latin1Of(written).includes(CANARY), `${format} of ${mediaType}`);
        assertNoMetadata(written, `${format} of ${mediaType}`);
      }
    }
  },
  async "keeps alpha where there is one, and has none where there is none"(
    { codec, mediaTypes, make },
  ) {
    if (!mediaTypes.includes("image/png")) return;
    const glass = draw(40, 40, (x) => x < 20 ? [200, 100, 50, 255] : [200, 100, 50, 64]);
    const bytes = await make(glass, { mediaType: "image/png" });
    const pixels = await decodeInside(codec, bytes, { width: 40, height: 40 });
    assert.equal(pixels.channels, 4);
    assert.ok(Math.abs((colorAt(pixels, 0.8, 0.5)[3] ?? 0) - 64) <= 2);
    const opaque = await make(quarters(40, 40), { mediaType: "image/png" });
    assert.equal((await decodeInside(codec, opaque, { width: 40, height: 40 })).channels, 3);
  },
  async "refuses a cut file as truncated"({ codec, mediaTypes, make }) {
    const noise = (x: number, y: number) => [x * 37 + y * 91, x * y, x * 13];
    const noisy = draw(200, 150, (x, y) => noise(x, y).map((sample) => sample % 256));
    for (const mediaType of mediaTypes) {
      if (mediaType !== "image/jpeg" && mediaType !== "image/png") continue;
      const bytes = await make(noisy, { mediaType });
      const cut = bytes.slice(0, Math.floor(bytes.length * 0.6));
      const decoding = decodeInside(codec, cut, { width: 200, height: 200 });
      await assert.rejects(decoding, { name: "ImageRejected", reason: "truncated" }, mediaType);
    }
  },
  async "takes a JPEG with stray bytes before its segments"({ codec, mediaTypes, make }) {
    if (!mediaTypes.includes("image/jpeg")) return;
    const bytes = await make(quarters(120, 80), { mediaType: "image/jpeg" });
    const begun = new Uint8Array([...bytes.slice(0, 2), 0, ...bytes.slice(2)]);
    assertUpright(await decodeInside(codec, begun, { width: 60, height: 60 }), "FF D8 00");
  },
  async "shows a GIF's first frame where it lies, and beyond the canvas"(
    { codec, mediaTypes, make },
  ) {
    if (!mediaTypes.includes("image/gif")) return;
    const bytes = await make(draw(8, 8, () => [230, 30, 30]), { mediaType: "image/gif" });
    const at = bytes.findLastIndex((byte, at) => byte === 0x2c && bytes[at + 5] === 8);
    const moved = bytes.slice();
    // Eight pixels of 16 in both directions; then the canvas ends before the frame does.
    moved.set([8, 0, 8, 0], at + 1);
    for (const side of [16, 8]) {
      moved.set([side, 0, side, 0], 6);
      const pixels = await decodeInside(codec, moved, { width: 60, height: 60 });
      assert.deepEqual([pixels.width, pixels.height, pixels.channels], [16, 16, 4]);
      assert.equal(colorAt(pixels, 0.3, 0.3)[3], 0);
      assert.ok(difference(colorAt(pixels, 0.7, 0.7), [230, 30, 30, 255]) <= TOLERANCE);
    }
  },
  async "refuses bytes that are not what the header says"({ codec, mediaTypes, make }) {
    const [mediaType] = mediaTypes;
    if (mediaType === undefined) return;
    const { header } = await probeBytes(await make(quarters(40, 40), { mediaType }));
    const target = { width: 40, height: 40, fit: "inside" } as const;
    const bytes = new Uint8Array(1_000).fill(7);
    const decoding = codec.decode({ bytes, mediaType, header, target, timeoutMs: 10_000 });
    await assert.rejects(decoding, ImageRejected);
  },
  async "puts the background behind alpha where the format has none"({ codec, mediaTypes }) {
    if (!mediaTypes.includes("image/jpeg")) return;
    const glass = draw(32, 32, (): Color => [0, 0, 0, 0]);
    const options = { format: "jpeg", quality: 90, background: "#ff0000" } as const;
    const bytes = await codec.encode(glass, options);
    const pixels = await decodeInside(codec, bytes, { width: 32, height: 32 });
    assert.ok(difference(colorAt(pixels, 0.5, 0.5), [255, 0, 0]) <= TOLERANCE);
  },
});
