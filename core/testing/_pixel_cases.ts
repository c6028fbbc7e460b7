import assert from "node:assert/strict";
import type { WrittenFormat } from "../model/rendition.ts";
import type { ImageCodec, ResizeOptions } from "../ports/image_codec.ts";
import { probeBytes } from "../processing/probe/probe.ts";
import { assertNoMetadata, assertUpright, type CodecUnderTest, TOLERANCE } from "./_codec_case.ts";
import { type Color, colorAt, difference, draw, quarters } from "./drawing.ts";
import { bytesOf } from "./headers.ts";
import { contractOf } from "./object_store_contract.ts";

const FILE_STARTS = {
  jpeg: "\xff\xd8\xff",
  png: "\x89PNG",
  webp: "RIFF",
  avif: "",
} as const satisfies Record<WrittenFormat, string>;

/** A box in which nothing is enlarged. */
const boxOf = (
  width: number,
  height: number,
  fit: ResizeOptions["fit"],
  background = "#ffffff",
) => (
  { width, height, fit, enlarge: false, background }
);

/** What a codec promises of pixels that it resizes and encodes. */
export const PIXEL_CASES = contractOf<CodecUnderTest>({
  async "resizes inside, over and into a box"({ codec }) {
    const pixels = quarters(160, 80);
    // Of the last six, the picture is smaller than the box in one way or in both.
    for (
      const [box, expected] of [
        [boxOf(40, 40, "inside"), [40, 20]],
        [boxOf(40, 40, "cover"), [40, 40]],
        [boxOf(40, 40, "contain"), [40, 40]],
        [boxOf(400, 400, "inside"), [160, 80]],
        [{ ...boxOf(320, 320, "inside"), enlarge: true }, [320, 160]],
        [boxOf(200, 40, "cover"), [160, 40]],
        [{ ...boxOf(200, 40, "cover"), enlarge: true }, [200, 40]],
        [boxOf(400, 400, "cover"), [160, 80]],
        [boxOf(400, 400, "contain"), [400, 400]],
      ] as const
    ) {
      const { width, height } = await codec.resize(pixels, box);
      assert.deepEqual([width, height], expected, JSON.stringify(box));
    }
  },
  async "fills contain's bars with the background"({ codec }) {
    const boxed = await codec.resize(quarters(160, 80), boxOf(40, 40, "contain", "#102030"));
    assert.deepEqual(colorAt(boxed, 0.5, 0.02).slice(0, 3), [0x10, 0x20, 0x30]);
    assert.ok(difference(colorAt(boxed, 0.25, 0.4), [230, 30, 30]) <= TOLERANCE);
  },
  async "does not enlarge what contain frames, unless asked"({ codec }) {
    const box = boxOf(80, 80, "contain", "#102030");
    const red = draw(20, 20, () => [230, 30, 30]);
    const framed = await codec.resize(red, box);
    assert.deepEqual(colorAt(framed, 0.2, 0.2).slice(0, 3), [0x10, 0x20, 0x30]);
    assert.ok(difference(colorAt(framed, 0.5, 0.5), [230, 30, 30]) <= TOLERANCE);
    const enlarged = await codec.resize(red, { ...box, enlarge: true });
    assert.ok(difference(colorAt(enlarged, 0.2, 0.2), [230, 30, 30]) <= TOLERANCE);
  },
  async "cuts cover in its middle"({ codec }) {
    const colors: readonly Color[] = [[255, 0, 0], [0, 255, 0], [0, 0, 255]];
    const stripes = draw(90, 30, (x) => colors[Math.floor(x / 30)] ?? []);
    const middle = await codec.resize(stripes, boxOf(30, 30, "cover"));
    for (const x of [0.2, 0.5, 0.8]) {
      assert.ok(difference(colorAt(middle, x, 0.5), [0, 255, 0]) <= TOLERANCE, `${x}`);
    }
  },
  async "weighs colours by their alpha while resizing"({ codec }) {
    const edge = draw(64, 64, (x) => x % 2 === 0 ? [250, 0, 0, 255] : [0, 250, 0, 0]);
    const small = await codec.resize(edge, boxOf(16, 16, "inside"));
    assert.ok(difference(colorAt(small, 0.5, 0.5), [250, 0, 0, 128]) <= TOLERANCE);
  },
  async "keeps the colours while resizing"({ codec }) {
    const small = await codec.resize(quarters(200, 200), boxOf(50, 50, "inside"));
    assertUpright(small, "resized");
  },
  async "encodes each format without any metadata"({ codec }) {
    for (const format of codec.writes) {
      const options = { format, quality: 80, background: "#ffffff" };
      const bytes = await codec.encode(quarters(64, 64), options);
      const start = bytesOf(FILE_STARTS[format]);
      assert.deepEqual(bytesOf(bytes.subarray(0, start.length)), start, format);
      assertNoMetadata(bytes, format);
      assert.ok(format === "jpeg" || (await alphaKept(codec, format)), `${format} lost alpha`);
      const { header } = await probeBytes(bytes);
      assert.deepEqual([header.width, header.height, header.orientation], [64, 64, 1], format);
    }
  },
});

/** Whether a written file of glass is one of glass again; AVIF and HEIF say so in their header. */
async function alphaKept(codec: ImageCodec, format: WrittenFormat): Promise<boolean> {
  const glass = draw(32, 32, (): Color => [200, 100, 50, 100]);
  const bytes = await codec.encode(glass, { format, quality: 80, background: "#ffffff" });
  return (await probeBytes(bytes)).header.hasAlpha;
}
