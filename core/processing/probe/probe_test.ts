import assert from "node:assert/strict";
import { test } from "node:test";
import type { MediaType } from "../../model/media_type.ts";
import type { RejectReason } from "../../model/reject_reason.ts";
import {
  be,
  box,
  bytesOf,
  chunk,
  heif,
  HEIF_DATA_AT,
  icc,
  iloc,
  iref,
  ispe,
  jpeg,
  le,
  png,
  riffChunk,
  segment,
  tiff,
  type TiffEntry,
  VERSION,
  vp8x,
  webp,
} from "../../testing/headers.ts";
import { probeBytes, type Probed } from "./probe.ts";

/** Headers that differ from this one are written by their difference. */
const RGB = {
  ...{ width: 9, height: 9, frames: 1, bitDepth: 8, channels: 3, hasAlpha: false },
  ...{ colorSpace: "rgb", orientation: 1, iccName: undefined, color: undefined },
} as const satisfies Probed["header"];
const YUV = { ...RGB, colorSpace: "yuv" } as const;
const SIDES = { width: 9, height: 9 };
const ORIENTATION_6 = tiff([[0x0112, 3, 1, 6]]);
const P3 = {
  iccName: "Display P3",
  color: { by: "profile", primaries: "display_p3", transfer: "srgb" },
} as const;
const [PROFILE, LOCALIZED] = [icc("Display P3"), icc("Display P3", true)];
const CUT_PROFILE = bytesOf(PROFILE.subarray(0, 128), be(9, 4), "cprt", be(0, 8));
const EXIF = bytesOf("Exif\0\0", ORIENTATION_6);

/** EXIF blocks, and the orientation that each names. */
const BLOCKS: readonly (readonly [Uint8Array, number])[] = [
  [tiff([[0x0112, 3, 1, 3]], { order: "MM" }), 3],
  [tiff([[0x0112, 4, 1, 5]], { order: "MM" }), 5],
  [tiff([[0x0112, 1, 1, 8]]), 8],
  [tiff([[0x010f, 3, 1, 2], [0x0112, 3, 1, 6], [0x0112, 3, 1, 3]]), 6],
  ...[0, 9].map((none) => [tiff([[0x0112, 3, 1, none]]), 1] as const),
  [bytesOf("XX", ORIENTATION_6.subarray(2)), 1],
  [ORIENTATION_6.subarray(0, 13), 1],
  [bytesOf("II", le(42, 2), le(13, 4), new Uint8Array(6)), 1],
];

const jpegOf = (values: object = {}, ...before: Uint8Array[]) =>
  jpeg({ ...SIDES, ...values, before });
const adobe = (transform: number) => segment(0xee, "Adobe", [0, 100, 0, 0, 0, 0, transform]);
const iccPart = (number: number, ...part: (number[] | Uint8Array)[]) =>
  segment(0xe2, "ICC_PROFILE\0", number, 2, ...part);
const STRAYS = [[0], [0, 1, 2, 0xff, 0], [0xff, 0xff], [0xff, 0xd0], new Uint8Array(9_000)];
const strayed = (stray: Uint8Array | number[]) => {
  const file = jpegOf({}, segment(0xe1, "none"));
  return bytesOf(file.subarray(0, 2), [0xff, 0x01], stray, file.subarray(2));
};

const pngOf = (values: object = {}, ...before: Uint8Array[]) =>
  png({ ...SIDES, ...values, before });
const fctl = () => chunk("fcTL", new Uint8Array(26));

const GIF_HEAD = bytesOf("GIF89a", le(6, 2), le(4, 2), [0x81, 0, 0], new Uint8Array(12));
const gifFrame = (left: number, top = 0, table: number[] = [0], width = 6, height = 4) =>
  bytesOf(0x2c, le(left, 2), le(top, 2), le(width, 2), le(height, 2), table, [2, 1, 0, 0]);
const transparency = (flags: number) => bytesOf([0x21, 0xf9, 4, flags, 0, 0, 0, 0]);
const times = (count: number, part: Uint8Array) => bytesOf(...Array(count).fill(part));
const gifOf = (...blocks: Uint8Array[]) => bytesOf(GIF_HEAD, ...blocks, 0x3b);
const GIF = {
  ...RGB,
  width: 6,
  height: 4,
  bitDepth: 2,
  channels: 1,
  colorSpace: "palette",
} as const;

const lossy = (width: number, height: number, code = [0x9d, 0x01, 0x2a]) =>
  riffChunk("VP8 ", [0, 0, 0], code, le(width, 2), le(height, 2));
const lossless = (hasAlpha: boolean, signature = 0x2f) =>
  riffChunk("VP8L", signature, le((319 | (199 << 14) | (hasAlpha ? 1 << 28 : 0)) >>> 0, 4));
const ANMF = riffChunk("ANMF", new Uint8Array(16));
const WEBP = { ...YUV, width: 320, height: 200 } as const;

/** Tags of an RGB TIFF of 8 bits, others in their place or beside them. */
const tiffTags = (...others: readonly (readonly [number, number])[]): TiffEntry[] => {
  const rgb = [[256, 30], [257, 20], [258, 8], [262, 2], [277, 3]] as const;
  return [...new Map([...rgb, ...others])].sort(([a], [b]) => a - b)
    .map(([tag, value]) => [tag, 3, 1, value]);
};
const TIFF = { ...RGB, width: 30, height: 20 } as const;
const tiffOf = (...others: readonly (readonly [number, number])[]) => tiff(tiffTags(...others));
const tiffWithProfile = () => {
  const entries = (at: number): TiffEntry[] => [
    ...tiffTags(),
    [34_675, 7, PROFILE.length, at],
  ];
  return bytesOf(tiff(entries(tiff(entries(0)).length)), PROFILE);
};

const heicOf = (...properties: Uint8Array[]) =>
  heif({ brand: "heic", item: "hvc1", properties: [ispe(400, 300), ...properties] });
const irot = (turns: number) => box("irot", turns);
const imir = (axis: number) => box("imir", axis);
const clap = (width: number, height: number) =>
  box("clap", be(width, 4), be(1, 4), be(height, 4), be(1, 4), new Uint8Array(16));
const pixi = (...depths: number[]) => box("pixi", VERSION, depths.length, depths);
const HEIC = { ...YUV, width: 400, height: 300 } as const;
/** Item 1 is a grid of tile 2, whose alpha is item 3. */
const GRID = {
  ...{ brand: "avif", item: "grid", items: ["av01", "av01"], owners: { 1: [1], 3: [2] } },
  properties: [ispe(4, 3), box("auxC", VERSION, "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0")],
};
const TILES = iref(["dimg", 1, 2], ["auxl", 3, 2]);
const AVIF_GRID = { ...YUV, width: 4, height: 3 } as const;
const located = (version: number) =>
  heif({
    ...{ brand: "heic", item: "hvc1", items: ["Exif", "mime"], properties: [ispe(400, 300)] },
    ...{ data: bytesOf(be(0, 4), ORIENTATION_6, "xmp"), isWide: version === 2 },
    more: [iloc([[2, HEIF_DATA_AT, 30], [3, HEIF_DATA_AT + 30, 3]], version)],
  });
/** Items without a base, of two pieces and in another box: neither is looked at. */
const PIECES = [be(5, 2), be(0, 4), be(2, 2), be(0, 16)];
const IN_BOX = [be(2, 2), be(1, 2), be(0, 2), be(1, 2), be(0, 8)];
const BASELESS = heif({
  ...{ brand: "heic", item: "hvc1", items: ["Exif"], properties: [ispe(400, 300)] },
  data: bytesOf(be(0, 4), ORIENTATION_6),
  more: [
    box(
      "iloc",
      ...[[1, 0, 0, 0], be(0x4400, 2), be(3, 2), ...PIECES.flat()],
      ...[be(2, 2), be(0, 4), be(1, 2), be(HEIF_DATA_AT, 4), be(30, 4), ...IN_BOX],
    ),
  ],
});
const LOCATED = { exif: { offset: HEIF_DATA_AT, length: 30 } };

type Case = readonly [Uint8Array, Partial<Probed["header"]>, Partial<Probed>?];
const each = <T extends string | number>(values: readonly T[], of: (value: T) => readonly Case[]) =>
  Object.fromEntries(
    values.flatMap((value) => of(value).map((file, at) => [`${value} (${at})`, file] as const)),
  );
const TIFF_MODELS = [[0, 1, "grey"], [1, 1, "grey"], [3, 1, "palette"], [5, 4, "cmyk"]] as const;
const PNG_MODELS = [
  ...[[0, 1, "grey"], [2, 3, "rgb"], [3, 1, "palette"], [4, 2, "grey"], [6, 4, "rgb"]] as const,
];
const TURNS: readonly (readonly Uint8Array[])[] = [
  ...[[], [imir(1)], [irot(2)], [imir(0)], [irot(1), imir(0)], [irot(3)], [irot(1), imir(1)]],
  [irot(1)],
];
const CROPPED = { width: 399, height: 299 };
const CODED = { codedPixels: 120_000 };

/** Of each type a usual header; files of it, how their headers differ, and what else is found. */
const TAKEN: readonly (readonly [MediaType, Probed["header"], Readonly<Record<string, Case>>])[] = [
  ["image/jpeg", YUV, {
    "EXIF": [jpegOf({}, segment(0xe1, EXIF)), { orientation: 6 }, {
      exif: { offset: 6, length: EXIF.length },
    }],
    ...each(["a block"], () =>
      BLOCKS.map(([block, orientation]) => [
        ...[jpegOf({}, segment(0xe1, "Exif\0\0", block)), { orientation }] as const,
        { exif: { offset: 6, length: 6 + block.length } },
      ])),
    "its frame at its end": [jpegOf().subarray(0, 12), {}],
    "one component": [jpegOf({ components: 1 }), { channels: 1, colorSpace: "grey" }],
    "Adobe's RGB": [jpegOf({}, adobe(0)), { colorSpace: "rgb" }],
    "Adobe's YCbCr": [jpegOf({ sof: 0xc2, width: 640 }, adobe(1)), { width: 640 }],
    ...each([0, 1, 2], (transform) => [[jpegOf({ components: 4 }, adobe(transform)), {
      ...{ channels: 4, colorSpace: transform === 2 ? "ycck" : "cmyk" },
    }]]),
    "a profile": [jpegOf({}, iccPart(1, PROFILE), iccPart(2, [7])), P3, {
      iccBytes: PROFILE.length + 2 * 14 + 1,
    }],
    "a profile of cut tags": [jpegOf({}, iccPart(1, CUT_PROFILE)), {}, {
      iccBytes: CUT_PROFILE.length + 14,
    }],
    ...each(["stray bytes"], () => STRAYS.map((stray) => [strayed(stray), {}])),
    "a stray byte at once": [bytesOf([0xff, 0xd8, 0], jpegOf().subarray(2)), {}],
  }],
  ["image/png", RGB, {
    ...each(["model"], () =>
      PNG_MODELS.map(([color, channels, colorSpace]): Case => {
        const header = { width: 70_000, channels, colorSpace, hasAlpha: color >= 4 };
        return [pngOf({ color, width: 70_000 }), header];
      })),
    "transparency": [pngOf({ depth: 16 }, chunk("tRNS", [0])), { bitDepth: 16, hasAlpha: true }],
    "EXIF": [pngOf({}, chunk("eXIf", ORIENTATION_6), chunk("tEXt", "x")), { orientation: 6 }, {
      exif: { offset: 33 + 8, length: ORIENTATION_6.length },
    }],
    "a profile": [pngOf({}, chunk("iCCP", "Display P3\0", 0, [1, 2, 3])), P3, { iccBytes: 15 }],
    "frames without acTL": [pngOf({}, fctl(), fctl()), {}],
    "frames": [bytesOf(pngOf({}, chunk("acTL", be(1, 8)), fctl()), fctl(), fctl()), { frames: 3 }],
  }],
  ["image/gif", GIF, {
    "a transparent frame": [gifOf(transparency(1), gifFrame(0)), { hasAlpha: true }],
    "a later one": [gifOf(gifFrame(0), transparency(1), gifFrame(0)), { frames: 2 }],
    "its own colours": [gifOf(gifFrame(0, 0, [0x80, 1, 2, 3, 4, 5, 6])), {}],
    "a large frame": [gifOf(gifFrame(2, 3)), { width: 8, height: 7, hasAlpha: true }],
    "a small frame": [gifOf(gifFrame(0, 0, [0], 6, 3)), { hasAlpha: true }],
    "more frames than are counted": [gifOf(...Array(101).fill(times(1_000, gifFrame(0)))), {
      frames: 100_000,
    }],
    "what is no block": [bytesOf(GIF_HEAD, gifFrame(0), 7, gifFrame(0)), {}],
  }],
  ["image/webp", WEBP, {
    "lossy coding": [webp(lossy(320 | 0x4000, 200 | 0xc000)), {}],
    "lossless coding": [webp(lossless(false)), { colorSpace: "rgb" }],
    "lossless glass": [webp(lossless(true)), { colorSpace: "rgb", channels: 4, hasAlpha: true }],
    "all features": [webp(vp8x(0x1a, 320, 200), ANMF, ANMF, riffChunk("EXIF", EXIF)), {
      ...{ channels: 4, hasAlpha: true, frames: 2, orientation: 6 },
    }, { exif: { offset: 12 + 18 + 2 * 24 + 8, length: EXIF.length } }],
    "frames that are no animation": [webp(vp8x(0, 320, 200), ANMF, ANMF), {}],
    "a profile": [webp(vp8x(0x20, 70_000, 200), riffChunk("ICCP", PROFILE), lossless(false)), {
      ...{ width: 70_000, colorSpace: "rgb", ...P3 },
    }, { iccBytes: PROFILE.length }],
  }],
  ["image/tiff", TIFF, {
    ...each(["II", "MM"], (order) =>
      [false, true].map((isBig) => [
        ...[tiff(tiffTags([274, 8]), { order, isBig }), { orientation: 8 }] as const,
      ])),
    ...each(["model"], () =>
      TIFF_MODELS.map(([photometric, channels, colorSpace]) => [
        ...[tiffOf([262, photometric], [277, channels]), { channels, colorSpace }] as const,
      ])),
    "JPEG in YCbCr": [tiffOf([262, 6], [259, 7]), { colorSpace: "yuv" }],
    "a fax": [tiffOf([262, 0], [277, 1], [258, 1], [259, 4]), {
      ...{ channels: 1, bitDepth: 1, colorSpace: "grey" },
    }],
    "no orientation of the eight": [tiffOf([274, 9]), {}],
    "planes in strips": [tiffOf([284, 2]), {}],
    "a profile": [tiffWithProfile(), P3, { iccBytes: PROFILE.length }],
    ...each([0, 1, 2], (extra) => [
      [tiffOf([277, 4], [338, extra]), { channels: 4, hasAlpha: extra > 0 }],
    ]),
    // The first page is taken whatever its later directories are: a circle, none, broken.
    ...each([8, 9_999], (next) => [[tiff(tiffTags(), { next }), {}]]),
    "a broken page": [tiff(tiffTags(), { next: 9 }), { frames: 2 }],
    "a second page": [bytesOf(tiff(tiffTags(), { next: 74 }), tiffOf().subarray(8)), { frames: 2 }],
  }],
  ["image/heic", HEIC, {
    ...each(["turn"], () => TURNS.map((turns, at) => [heicOf(...turns), { orientation: at + 1 }])),
    "an aperture": [heicOf(clap(399, 299)), CROPPED, CODED],
    "one behind half a turn": [
      heicOf(irot(2), clap(399, 299)),
      { ...CROPPED, orientation: 3 },
      CODED,
    ],
    "one that is turned": [heicOf(irot(1), clap(299, 399)), { ...CROPPED, orientation: 8 }, CODED],
    "one before a turn": [heicOf(clap(399, 299), irot(1)), { ...CROPPED, orientation: 8 }, CODED],
    "10 bits of grey": [heicOf(pixi(10)), { channels: 1, bitDepth: 10, colorSpace: "grey" }],
    "a profile": [heicOf(box("colr", "prof", LOCALIZED)), P3, { iccBytes: LOCALIZED.length }],
    ...each([0, 1, 2], (version) => [[located(version), {}, LOCATED]]),
    "items without a base": [BASELESS, {}, LOCATED],
  }],
  ["image/avif", AVIF_GRID, {
    "a coding of AV1": [heif({ brand: "mif1", item: "av01", properties: [ispe(4, 3)] }), {}],
    "tiles without alpha": [heif({ ...GRID, more: [iref(["dimg", 1, 2])] }), {}],
    "tiles' alpha": [heif({ ...GRID, more: [TILES] }), { channels: 4, hasAlpha: true }],
  }],
];

for (const [mediaType, usual, files] of TAKEN) {
  for (const [what, [file, differs, facts]] of Object.entries(files)) {
    test(`probe() reads ${mediaType} with ${what}`, async () => {
      const { origins: _, ...found } = await probeBytes(file);
      const header = { ...usual, ...differs };
      const codedPixels = header.width * header.height;
      const exif = mediaType === "image/tiff" ? { offset: 0, length: file.length } : undefined;
      const expected = { exif, iccBytes: 0, codedPixels, ...facts, mediaType, header };
      assert.deepEqual({ ...found, header: { color: undefined, ...found.header } }, expected);
    });
  }
}

const lying = heicOf();
lying.set(be(0xfffffff, 4), 32);

const REJECTED: readonly (readonly [RejectReason, Readonly<Record<string, Uint8Array>>])[] = [
  ["unsupported_type", {
    ...{ "lossless JPEG": jpegOf({ sof: 0xc3 }), "arithmetic JPEG": jpegOf({ sof: 0xc9 }) },
    ...{ "lossless arithmetic JPEG": jpegOf({ sof: 0xcb }), "12-bit JPEG": jpegOf({ depth: 12 }) },
    // Variants of TIFF that no decoder shows rightly, or none shows.
    ...{ "a sensor's own samples": tiffOf([262, 32_803]), "LogLuv": tiffOf([262, 32_845]) },
    ...{ "Lab": tiffOf([262, 8]), "a DNG": tiffOf([50_706, 0x0401]), "12 bits": tiffOf([258, 12]) },
    "a Canon's raw file": bytesOf("II", le(42, 2), le(16, 4), "CR", new Uint8Array(60)),
    ...{ "32 bits": tiffOf([258, 32]), "signed samples": tiffOf([339, 2]) },
    ...{ "floating point": tiffOf([339, 3]), "grey of three samples": tiffOf([262, 1]) },
    ...{ "five samples": tiffOf([277, 5]), "old-style JPEG in TIFF": tiffOf([259, 6]) },
    ...{ "Zstandard": tiffOf([259, 50_000]), "YCbCr with LZW": tiffOf([262, 6], [259, 5]) },
    ...{ "a fax of 8 bits": tiffOf([259, 4]), "planes in tiles": tiffOf([284, 2], [322, 16]) },
    "HEIF of another coding": heif({ brand: "mif1", item: "jpeg", properties: [ispe(4, 3)] }),
    "a film": bytesOf(box("ftyp", "hevc", be(0, 4), "msf1"), box("moov", new Uint8Array(9))),
    ...{ "SVG": bytesOf("<svg xmlns='s'/>"), "BMP": bytesOf("BM", new Uint8Array(60)) },
  }],
  ["corrupt", {
    "five components": jpegOf({ components: 5 }),
    "a JPEG without a frame": bytesOf([0xff, 0xd8, 0xff, 0xd9]),
    "a segment of a byte": bytesOf([0xff, 0xd8, 0xff, 0xe0, 0, 1], new Uint8Array(9)),
    ...{ "PNG of a wrong depth": pngOf({ depth: 3 }), "PNG without a width": pngOf({ width: 0 }) },
    "a header without end": pngOf({}, ...Array(21).fill(times(1_000, chunk("tEXt")))),
    "PNG without pixels": bytesOf(pngOf().slice(0, 33), chunk("IEND")),
    "VP8L without its signature": webp(lossless(false, 0x2e)),
    "VP8 without a first byte": webp(lossy(320, 200, [0x9c, 0x01, 0x2a])),
    "VP8 without a second byte": webp(lossy(320, 200, [0x9d, 0x02, 0x2a])),
    "VP8 without a third byte": webp(lossy(320, 200, [0x9d, 0x01, 0x2b])),
    "WebP without a picture": webp(riffChunk("JUNK", new Uint8Array(10))),
    "TIFF without a width": tiffOf([256, 0]),
    "TIFF without entries": bytesOf("II", le(42, 2), le(8, 4), le(0, 2), le(0, 4)),
    "a directory of 4097 entries": bytesOf("II", le(42, 2), le(8, 4), le(4_097, 2)),
    "a directory in the head": bytesOf("II", le(42, 2), le(7, 4), tiffOf()),
    "HEIF without a size": heif({ brand: "heic", item: "hvc1", properties: [] }),
    ...{ "a box that ends outside": lying, "an empty aperture": heicOf(clap(0, 3)) },
  }],
  ["truncated", {
    "a cut WebP": webp(lossy(320, 200)).slice(0, -2),
    "a cut chunk": bytesOf("RIFF", le(36, 4), "WEBP", vp8x(0, 9, 9), "XMP ", le(99, 4), "xmp"),
    "a GIF without a picture": bytesOf("GIF89a", le(6, 2), le(4, 2), [0, 0, 0]),
    "a GIF cut in its colours": GIF_HEAD.slice(0, -1),
    "TIFF whose directory is missing": bytesOf("II", le(42, 2), le(9_999, 4), [0, 0, 0, 0]),
    ...{
      "HEIF cut in its boxes": heicOf().slice(0, -30),
      "HEIF without meta": located(0).slice(0, 60),
    },
    "an item beyond the file": heif({ ...GRID, more: [TILES, iloc([[2, 0, 999]])] }),
  }],
  ["not_an_image", {
    ...{ "nothing": new Uint8Array(), "text": bytesOf("hello, this is a text and no image") },
    "HTML": bytesOf("<html><body></body></html>"),
  }],
];

for (const [reason, files] of REJECTED) {
  for (const [what, file] of Object.entries(files)) {
    test(`probe() refuses ${what} as ${reason}`, async () => {
      await assert.rejects(probeBytes(file), { name: "ImageRejected", reason });
    });
  }
}
