import assert from "node:assert/strict";
import type { WrittenFormat } from "../model/rendition.ts";
import type { ImageCodec } from "../ports/image_codec.ts";
import { probeBytes } from "../processing/probe/probe.ts";
import {
  assertNoMetadata,
  assertUpright,
  type CodecCase,
  latin1Of,
  TOLERANCE,
} from "./_codec_case.ts";
import { type Color, colorAt, difference, draw, quarters } from "./drawing.ts";

const FILE_STARTS = {
  jpeg: "\xff\xd8\xff",
  png: "\x89PNG",
  webp: "RIFF",
  avif: "",
} as const satisfies Record<WrittenFormat, string>;

/** What a codec promises of pixels that it resizes and encodes. */
export const PIXEL_CASES: readonly CodecCase[] = [
  {
    name: "resizes inside, over and into a box",
    decodes: false,
    async run({ codec }) {
      const pixels = quarters(160, 80);
      const size = async (
        fit: "inside" | "cover" | "contain",
        box: { width: number; height: number; enlarge?: boolean },
      ) => {
        const options = { fit, enlarge: false, background: "#102030", ...box };
        const { width, height } = await codec.resize(pixels, options);
        return [width, height];
      };
      assert.deepEqual(await size("inside", { width: 40, height: 40 }), [40, 20]);
      assert.deepEqual(await size("inside", { width: 400, height: 400 }), [160, 80]);
      assert.deepEqual(await size("inside", { width: 320, height: 320, enlarge: true }), [
        320,
        160,
      ]);
      assert.deepEqual(await size("cover", { width: 40, height: 40 }), [40, 40]);
      assert.deepEqual(await size("contain", { width: 40, height: 40 }), [40, 40]);
      // A picture that is smaller than the box in one way or in both.
      assert.deepEqual(await size("cover", { width: 200, height: 40 }), [160, 40]);
      assert.deepEqual(await size("cover", { width: 200, height: 40, enlarge: true }), [200, 40]);
      assert.deepEqual(await size("cover", { width: 400, height: 400 }), [160, 80]);
      assert.deepEqual(await size("contain", { width: 400, height: 400 }), [400, 400]);
    },
  },
  {
    name: "fills contain's bars with the background",
    decodes: false,
    async run({ codec }) {
      const boxed = await codec.resize(quarters(160, 80), {
        width: 40,
        height: 40,
        fit: "contain",
        enlarge: false,
        background: "#102030",
      });
      assert.deepEqual(colorAt(boxed, 0.5, 0.02).slice(0, 3), [0x10, 0x20, 0x30]);
      assert.ok(difference(colorAt(boxed, 0.25, 0.4), [230, 30, 30]) <= TOLERANCE);
    },
  },
  {
    name: "does not enlarge what contain frames, unless asked",
    decodes: false,
    async run({ codec }) {
      const box = { width: 80, height: 80, fit: "contain", background: "#102030" } as const;
      const red = draw(20, 20, () => [230, 30, 30]);
      const framed = await codec.resize(red, { ...box, enlarge: false });
      assert.deepEqual(colorAt(framed, 0.2, 0.2).slice(0, 3), [0x10, 0x20, 0x30]);
      assert.ok(difference(colorAt(framed, 0.5, 0.5), [230, 30, 30]) <= TOLERANCE);
      const enlarged = await codec.resize(red, { ...box, enlarge: true });
      assert.ok(difference(colorAt(enlarged, 0.2, 0.2), [230, 30, 30]) <= TOLERANCE);
    },
  },
  {
    name: "cuts cover in its middle",
    decodes: false,
    async run({ codec }) {
      const stripes = draw(
        90,
        30,
        (x) => x < 30 ? [255, 0, 0] : x < 60 ? [0, 255, 0] : [0, 0, 255],
      );
      const box = { width: 30, height: 30, fit: "cover", enlarge: false } as const;
      const middle = await codec.resize(stripes, { ...box, background: "#ffffff" });
      for (const x of [0.2, 0.5, 0.8]) {
        assert.ok(difference(colorAt(middle, x, 0.5), [0, 255, 0]) <= TOLERANCE, `${x}`);
      }
    },
  },
  {
    name: "weighs colours by their alpha while resizing",
    decodes: false,
    async run({ codec }) {
      const edge = draw(64, 64, (x) => x % 2 === 0 ? [250, 0, 0, 255] : [0, 250, 0, 0]);
      const box = { width: 16, height: 16, fit: "inside", enlarge: false } as const;
      const small = await codec.resize(edge, { ...box, background: "#ffffff" });
      assert.ok(difference(colorAt(small, 0.5, 0.5), [250, 0, 0, 128]) <= TOLERANCE);
    },
  },
  {
    name: "keeps the colours while resizing",
    decodes: false,
    async run({ codec }) {
      const box = { width: 50, height: 50, fit: "inside", enlarge: false } as const;
      assertUpright(
        await codec.resize(quarters(200, 200), { ...box, background: "#fff" }),
        "resized",
      );
    },
  },
  {
    name: "encodes each format without any metadata",
    decodes: false,
    async run({ codec }) {
      for (const format of codec.writes) {
        const options = { format, quality: 80, background: "#ffffff" };
        const bytes = await codec.encode(quarters(64, 64), options);
        const start = new TextDecoder("latin1").decode(bytes.subarray(0, 16));
        assert.ok(
          start.startsWith(
            latin1Of(Uint8Array.from(FILE_STARTS[format], (char) => char.charCodeAt(0))),
          ),
          format,
        );
        assertNoMetadata(bytes, format);
        assert.ok(format === "jpeg" || (await alphaKept(codec, format)), `${format} lost alpha`);
        const { header } = await probeBytes(bytes);
        assert.deepEqual([header.width, header.height, header.orientation], [64, 64, 1], format);
      }
    },
  },
];

/** Whether a written file of glass is one of glass again; AVIF and HEIF say so in their header. */
async function alphaKept(codec: ImageCodec, format: WrittenFormat): Promise<boolean> {
  const glass = draw(32, 32, (): Color => [200, 100, 50, 100]);
  const bytes = await codec.encode(glass, { format, quality: 80, background: "#ffffff" });
  return (await probeBytes(bytes)).header.hasAlpha;
}
