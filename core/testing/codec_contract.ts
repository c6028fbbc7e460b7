/**
 * What every image codec promises, as data: each adapter's test runs all of it with samples that it can make.
 */
import assert from "node:assert/strict";
import type { MediaType } from "../model/media_type.ts";
import { ImageRejected } from "../model/reject_reason.ts";
import type { WrittenFormat } from "../model/rendition.ts";
import type { ImageCodec, RawPixels } from "../ports/image_codec.ts";
import { probeBytes } from "../processing/probe/probe.ts";
import { type Color, colorAt, difference, draw, quarters } from "./drawing.ts";

/** Makes a picture file of pixels, with the EXIF orientation and camera text where one is given. */
export type SampleMaker = (
  pixels: RawPixels,
  options: { readonly mediaType: MediaType; readonly orientation?: number },
) => Promise<Uint8Array<ArrayBuffer>>;

/** What a case runs with. */
export interface CodecUnderTest {
  readonly codec: ImageCodec;
  /** Types that the codec takes and that the maker can make. */
  readonly mediaTypes: readonly MediaType[];
  readonly make: SampleMaker;
}

/** One promise. */
export interface CodecCase {
  readonly name: string;
  /** Whether it decodes samples; a codec whose types nothing here can write proves that in tests of its own. */
  readonly decodes: boolean;
  run(codec: CodecUnderTest): Promise<void>;
}

/** Lossy formats blur edges and round colours: of 255. */
const TOLERANCE = 24;

/** What no written file may hold: markers of EXIF, XMP, IPTC, ICC and comments. */
const METADATA_MARKERS = [
  "Exif",
  "http://ns.adobe.com",
  "Photoshop",
  "ICC_PROFILE",
  "iCCP",
  "ICCP",
  "eXIf",
  "XMP ",
  "tEXt",
  "iTXt",
];

const FILE_STARTS = {
  jpeg: "\xff\xd8\xff",
  png: "\x89PNG",
  webp: "RIFF",
  avif: "",
} as const satisfies Record<WrittenFormat, string>;

/** Decodes a file as the pixel process does, inside a box. */
export async function decodeInside(
  codec: ImageCodec,
  bytes: Uint8Array<ArrayBuffer>,
  box: { readonly width: number; readonly height: number },
): Promise<RawPixels> {
  const { mediaType, header } = await probeBytes(bytes);
  return await codec.decode({
    bytes,
    mediaType,
    header,
    target: { ...box, fit: "inside" },
    timeoutMs: 10_000,
  });
}

/** Fails where pixels do not show the four quarters of {@link quarters} upright. */
export function assertUpright(pixels: RawPixels, what: string): void {
  const expected = quarters(4, 4);
  for (const [x, y] of [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]] as const) {
    const found = colorAt(pixels, x, y);
    assert.ok(
      difference(colorAt(expected, x, y), found) <= TOLERANCE,
      `${what}: ${found} at ${x}, ${y}`,
    );
  }
}

function assertNoMetadata(bytes: Uint8Array, what: string): void {
  const text = new TextDecoder("latin1").decode(bytes);
  for (const marker of METADATA_MARKERS) assert.ok(!text.includes(marker), `${what} has ${marker}`);
}

/** All promises. */
export const CODEC_CONTRACT: readonly CodecCase[] = [
  {
    name: "decodes each type to upright 8-bit sRGB inside the box",
    decodes: true,
    async run({ codec, mediaTypes, make }) {
      for (const mediaType of mediaTypes) {
        const bytes = await make(quarters(120, 80), { mediaType });
        const pixels = await decodeInside(codec, bytes, { width: 60, height: 60 });
        assert.deepEqual([pixels.width, pixels.height], [60, 40], mediaType);
        assert.equal(pixels.data.length, 60 * 40 * pixels.channels);
        assertUpright(pixels, mediaType);
      }
    },
  },
  {
    name: "never enlarges while decoding",
    decodes: true,
    async run({ codec, mediaTypes, make }) {
      for (const mediaType of mediaTypes) {
        const bytes = await make(quarters(64, 48), { mediaType });
        const { width, height } = await decodeInside(codec, bytes, { width: 500, height: 500 });
        assert.deepEqual([width, height], [64, 48], mediaType);
      }
    },
  },
  {
    name: "turns all eight orientations upright",
    decodes: true,
    async run({ codec, mediaTypes, make }) {
      if (!mediaTypes.includes("image/jpeg")) return;
      for (let orientation = 1; orientation <= 8; orientation += 1) {
        const stored = turned(quarters(96, 64), orientation);
        const bytes = await make(stored, { mediaType: "image/jpeg", orientation });
        const pixels = await decodeInside(codec, bytes, { width: 48, height: 48 });
        assert.deepEqual([pixels.width, pixels.height], [48, 32], `orientation ${orientation}`);
        assertUpright(pixels, `orientation ${orientation}`);
      }
    },
  },
  {
    name: "keeps alpha where there is one, and has none where there is none",
    decodes: true,
    async run({ codec, mediaTypes, make }) {
      if (!mediaTypes.includes("image/png")) return;
      const glass = draw(40, 40, (x) => x < 20 ? [200, 100, 50, 255] : [200, 100, 50, 64]);
      const bytes = await make(glass, { mediaType: "image/png" });
      const pixels = await decodeInside(codec, bytes, { width: 40, height: 40 });
      assert.equal(pixels.channels, 4);
      assert.ok(Math.abs((colorAt(pixels, 0.8, 0.5)[3] ?? 0) - 64) <= 2);
      const opaque = await make(quarters(40, 40), { mediaType: "image/png" });
      assert.equal((await decodeInside(codec, opaque, { width: 40, height: 40 })).channels, 3);
    },
  },
  {
    name: "refuses a cut file as truncated",
    decodes: true,
    async run({ codec, mediaTypes, make }) {
      const noisy = draw(
        200,
        150,
        (x, y) => [(x * 37 + y * 91) % 256, (x * y) % 256, (x * 13) % 256],
      );
      for (const mediaType of mediaTypes) {
        if (mediaType !== "image/jpeg" && mediaType !== "image/png") continue;
        const bytes = await make(noisy, { mediaType });
        const cut = bytes.slice(0, Math.floor(bytes.length * 0.6));
        await assert.rejects(decodeInside(codec, cut, { width: 200, height: 200 }), (error) => {
          assert.ok(error instanceof ImageRejected, `${mediaType}: ${error}`);
          assert.equal(error.reason, "truncated", mediaType);
          return true;
        });
      }
    },
  },
  {
    name: "refuses bytes that are not what the header says",
    decodes: true,
    async run({ codec, mediaTypes, make }) {
      const [mediaType] = mediaTypes;
      if (mediaType === undefined) return;
      const { header } = await probeBytes(await make(quarters(40, 40), { mediaType }));
      const target = { width: 40, height: 40, fit: "inside" } as const;
      const bytes = new Uint8Array(1_000).fill(7);
      await assert.rejects(
        codec.decode({ bytes, mediaType, header, target, timeoutMs: 10_000 }),
        ImageRejected,
      );
    },
  },
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
      for (const format of ["jpeg", "webp", "png"] as const) {
        const options = { format, quality: 80, background: "#ffffff" };
        const bytes = await codec.encode(quarters(64, 64), options);
        const start = new TextDecoder("latin1").decode(bytes.subarray(0, 16));
        assert.ok(start.startsWith(latin1Decoded(FILE_STARTS[format])), format);
        assertNoMetadata(bytes, format);
        const { header } = await probeBytes(bytes);
        assert.deepEqual([header.width, header.height, header.orientation], [64, 64, 1], format);
      }
    },
  },
  {
    name: "puts the background behind alpha where the format has none",
    decodes: true,
    async run({ codec, mediaTypes }) {
      if (!mediaTypes.includes("image/jpeg")) return;
      const glass = draw(32, 32, (): Color => [0, 0, 0, 0]);
      const bytes = await codec.encode(glass, {
        format: "jpeg",
        quality: 90,
        background: "#ff0000",
      });
      const pixels = await decodeInside(codec, bytes, { width: 32, height: 32 });
      assert.ok(difference(colorAt(pixels, 0.5, 0.5), [255, 0, 0]) <= TOLERANCE);
    },
  },
];

/** Pixels as a camera stores them so that a viewer who follows `orientation` sees `pixels` (EXIF 2.32, section 4.6.4). */
export function turned(pixels: RawPixels, orientation: number): RawPixels {
  const { width, height } = pixels;
  const swaps = orientation >= 5;
  const [storedWidth, storedHeight] = swaps ? [height, width] : [width, height];
  /** Where the stored pixel (x, y) is seen. */
  const seen: Readonly<Record<number, (x: number, y: number) => readonly [number, number]>> = {
    1: (x, y) => [x, y],
    2: (x, y) => [width - 1 - x, y],
    3: (x, y) => [width - 1 - x, height - 1 - y],
    4: (x, y) => [x, height - 1 - y],
    5: (x, y) => [y, x],
    6: (x, y) => [width - 1 - y, x],
    7: (x, y) => [width - 1 - y, height - 1 - x],
    8: (x, y) => [y, height - 1 - x],
  };
  return draw(storedWidth, storedHeight, (x, y) => {
    const [seenX, seenY] = seen[orientation]?.(x, y) ?? [x, y];
    return colorAt(pixels, (seenX + 0.5) / width, (seenY + 0.5) / height);
  });
}

/** The same reading of bytes 0x80 to 0x9f that `TextDecoder` has for this label (WHATWG Encoding: windows-1252). */
function latin1Decoded(text: string): string {
  return new TextDecoder("latin1").decode(Uint8Array.from(text, (char) => char.charCodeAt(0)));
}
