import assert from "node:assert/strict";
import { test } from "node:test";
import type { RejectReason } from "../../model/reject_reason.ts";
import {
  be,
  box,
  bytesOf,
  chunk,
  heif,
  ispe,
  jpeg,
  le,
  png,
  segment,
  tiff,
  VERSION,
} from "../../testing/headers.ts";
import { probeBytes } from "./probe.ts";

const ORIENTATION_6 = tiff([[0x0112, 3, 1, 6]]);

async function rejects(bytes: Uint8Array, reason: RejectReason) {
  await assert.rejects(probeBytes(bytes), { name: "ImageRejected", reason });
}

test("probe() reads a JPEG's size, orientation and EXIF range", async () => {
  const exif = bytesOf("Exif\0\0", ORIENTATION_6);
  const file = jpeg({ width: 640, height: 480, before: [segment(0xe1, exif)] });
  const { mediaType, header, exif: range } = await probeBytes(file);
  assert.equal(mediaType, "image/jpeg");
  assert.deepEqual([header.width, header.height, header.orientation], [640, 480, 6]);
  assert.equal(header.colorSpace, "yuv");
  assert.deepEqual(range, { offset: 6, length: exif.length });
});

test("probe() tells CMYK from YCCK by Adobe's marker", async () => {
  const adobe = (transform: number) => segment(0xee, "Adobe", [0, 100, 0, 0, 0, 0, transform]);
  const of = async (transform: number) => {
    const file = jpeg({ width: 9, height: 9, components: 4, before: [adobe(transform)] });
    return (await probeBytes(file)).header.colorSpace;
  };
  assert.deepEqual([await of(0), await of(2)], ["cmyk", "ycck"]);
});

test("probe() steps over stray bytes before and between a JPEG's segments", async () => {
  const file = jpeg({ width: 640, height: 480, before: [segment(0xe1, "none")] });
  const [start, rest] = [file.subarray(0, 2), file.subarray(2)];
  const strays = [[0], [0, 1, 2, 0xff, 0], [0xff, 0xff], [0xff, 0xd0], new Uint8Array(9_000)];
  for (const stray of strays) {
    const { mediaType, header } = await probeBytes(bytesOf(start, [0xff, 0x01], stray, rest));
    assert.deepEqual([mediaType, header.width], ["image/jpeg", 640]);
  }
  assert.equal((await probeBytes(bytesOf(start, 0, rest))).header.width, 640);
});

test("probe() refuses lossless, arithmetic and 12-bit JPEG as unsupported", async () => {
  for (const sof of [0xc3, 0xc9, 0xcb]) {
    await rejects(jpeg({ width: 9, height: 9, sof }), "unsupported_type");
  }
  await rejects(jpeg({ width: 9, height: 9, sof: 0xc1, depth: 12 }), "unsupported_type");
});

test("probe() tells how large a colour profile is", async () => {
  const profile = segment(0xe2, "ICC_PROFILE\0", [1, 2], new Uint8Array(500));
  const photo = jpeg({ width: 9, height: 9, before: [profile, profile] });
  assert.equal((await probeBytes(photo)).iccBytes, 2 * (500 + 14));
  const chart = png({ width: 9, height: 9, before: [chunk("iCCP", new Uint8Array(700))] });
  assert.equal((await probeBytes(chart)).iccBytes, 700);
  assert.equal((await probeBytes(png({ width: 9, height: 9 }))).iccBytes, 0);
});

test("probe() reads PNG's depth, transparency, profile name, frames and orientation", async () => {
  const before = [
    chunk("acTL", be(7, 4), be(0, 4)),
    ...Array.from({ length: 7 }, () => chunk("fcTL", new Uint8Array(26))),
    chunk("iCCP", "Display P3\0", 0, [1, 2, 3]),
    chunk("tRNS", [0, 0]),
    chunk("eXIf", ORIENTATION_6),
  ];
  const { header } = await probeBytes(png({ width: 70_000, height: 3, depth: 16, before }));
  assert.deepEqual(header, {
    width: 70_000,
    height: 3,
    frames: 7,
    bitDepth: 16,
    channels: 3,
    hasAlpha: true,
    colorSpace: "rgb",
    orientation: 6,
    iccName: "Display P3",
    color: { by: "profile", primaries: "display_p3", transfer: "srgb" },
  });
});

test("probe() counts the frames that an animated PNG has, whatever number it claims", async () => {
  const before = [chunk("acTL", be(0x80000001, 4), be(0, 4)), chunk("fcTL", new Uint8Array(26))];
  const still = png({ width: 9, height: 9, before });
  assert.equal((await probeBytes(still)).header.frames, 1);
  const later = chunk("fcTL", new Uint8Array(26));
  assert.equal((await probeBytes(bytesOf(still, later, later))).header.frames, 3);
});

test("probe() refuses a PNG of an impossible depth and one without pixels", async () => {
  await rejects(png({ width: 5, height: 5, depth: 3 }), "corrupt");
  await rejects(png({ width: 0, height: 5 }), "corrupt");
  const whole = png({ width: 5, height: 5 });
  await rejects(bytesOf(whole.slice(0, 33), chunk("IEND")), "corrupt");
});

test("probe() counts a GIF's frames and sees its transparency", async () => {
  const size = bytesOf(le(6, 2), le(4, 2));
  const frame = (flags: number) =>
    bytesOf([0x21, 0xf9, 4, flags, 0, 0, 0, 0, 0x2c], le(0, 4), size, [0, 2, 1, 0, 0]);
  const head = bytesOf("GIF89a", size, [0x80, 0, 0], new Uint8Array(6));
  const file = bytesOf(head, frame(1), frame(0), 0x3b);
  const { header } = await probeBytes(file);
  assert.deepEqual([header.width, header.height, header.frames, header.hasAlpha], [6, 4, 2, true]);
  // The first frame reaches over the canvas, or leaves some of it out.
  const places = [[0, 6, 4, false], [2, 8, 4, true]] as const;
  for (const [left, wide, high, hasAlpha] of places) {
    const placed = bytesOf(head, 0x2c, le(left, 2), le(0, 2), size, [0, 2, 1, 0, 0], 0x3b);
    const found = (await probeBytes(placed)).header;
    assert.deepEqual([found.width, found.height, found.hasAlpha], [wide, high, hasAlpha]);
  }
});

test("probe() says a GIF without a picture is truncated", async () => {
  await rejects(bytesOf("GIF89a", le(6, 2), le(4, 2), [0, 0, 0]), "truncated");
});

test("probe() reads WebP's three layouts", async () => {
  const riff = (...chunks: Uint8Array[]) => {
    const body = bytesOf("WEBP", ...chunks);
    return bytesOf("RIFF", le(body.length, 4), body);
  };
  const part = (type: string, body: Uint8Array) =>
    bytesOf(type, le(body.length, 4), body, body.length % 2 ? [0] : []);
  const lossy = part("VP8 ", bytesOf([0, 0, 0, 0x9d, 0x01, 0x2a], le(320, 2), le(200, 2)));
  const lossless = part("VP8L", bytesOf(0x2f, le((319 | (199 << 14) | (1 << 28)) >>> 0, 4)));
  const extended = part("VP8X", bytesOf(0x1a, [0, 0, 0], le(319, 3), le(199, 3)));
  const frame = part("ANMF", new Uint8Array(16));
  const exif = part("EXIF", ORIENTATION_6);
  const shapes = [];
  for (const file of [riff(lossy), riff(lossless), riff(extended, frame, frame, exif)]) {
    const { header } = await probeBytes(file);
    shapes.push([header.width, header.height, header.hasAlpha, header.frames, header.orientation]);
  }
  assert.deepEqual(shapes, [
    [320, 200, false, 1, 1],
    [320, 200, true, 1, 1],
    [320, 200, true, 2, 6],
  ]);
  await rejects(riff(lossy).slice(0, -2), "truncated");
});

const TIFF_RGB = ([[256, 30], [257, 20], [258, 8], [262, 2], [277, 3]] as const)
  .map(([tag, value]) => [tag, 3, 1, value] as const);

test("probe() reads TIFF in both byte orders", async () => {
  for (const order of ["II", "MM"] as const) {
    const { header } = await probeBytes(tiff([...TIFF_RGB, [274, 3, 1, 8]], { order }));
    assert.deepEqual([header.width, header.height, header.orientation], [30, 20, 8], order);
    assert.equal(header.colorSpace, "rgb");
  }
});

test("probe() reads BigTIFF", async () => {
  const entries = [[256, 30], [257, 20], [258, 8], [262, 1]]
    .flatMap(([tag = 0, value = 0]) => [le(tag, 2), le(3, 2), le(1, 8), le(value, 8)].flat());
  const head = bytesOf("II", le(43, 2), le(8, 2), le(0, 2), le(16, 8), le(4, 8));
  const file = bytesOf(head, entries, le(0, 8));
  const { header } = await probeBytes(file);
  assert.deepEqual([header.width, header.height, header.colorSpace], [30, 20, "grey"]);
});

test("probe() takes a TIFF's first page whatever its later directories are", async () => {
  for (const next of [8, 9_999, 9]) {
    assert.equal((await probeBytes(tiff(TIFF_RGB, { next }))).header.width, 30, String(next));
  }
  await rejects(bytesOf("II", le(42, 2), le(9_999, 4), [0, 0, 0, 0]), "truncated");
});

/** Tags that make a variant of an RGB of 8 bits that no decoder shows rightly, or none shows. */
const TIFF_VARIANTS:
  readonly (readonly [string, RejectReason, ...(readonly [number, number])[]])[] = [
    ["a sensor's own samples", "unsupported_type", [262, 32_803]],
    ["Lab", "unsupported_type", [262, 8]],
    ["LogLuv", "unsupported_type", [262, 32_845]],
    ["a DNG", "unsupported_type", [50_706, 0x0401]],
    ["12 bits", "unsupported_type", [258, 12]],
    ["32 bits", "unsupported_type", [258, 32]],
    ["signed samples", "unsupported_type", [339, 2]],
    ["floating point", "unsupported_type", [339, 3]],
    ["grey of three samples", "unsupported_type", [262, 1]],
    ["five samples", "unsupported_type", [277, 5]],
    ["old-style JPEG", "unsupported_type", [259, 6]],
    ["Zstandard", "unsupported_type", [259, 50_000]],
    ["YCbCr with LZW", "unsupported_type", [262, 6], [259, 5]],
    ["a fax of 8 bits", "unsupported_type", [259, 4]],
    ["planes in tiles", "unsupported_type", [284, 2], [322, 16]],
    ["no width", "corrupt", [256, 0]],
  ];

for (const [what, reason, ...tags] of TIFF_VARIANTS) {
  test(`probe() refuses a TIFF of ${what} as ${reason}`, async () => {
    const values = new Map([...TIFF_RGB.map(([tag, , , value]) => [tag, value] as const), ...tags]);
    const entries = Array.from(values, ([tag, value]) => [tag, 3, 1, value] as const);
    await rejects(tiff(entries.sort((a, b) => a[0] - b[0])), reason);
  });
}

test("probe() takes a TIFF's extra sample for alpha only where it says so", async () => {
  for (const [extra, hasAlpha] of [[0, false], [1, true], [2, true]] as const) {
    const four = TIFF_RGB.map(([tag, , , value]) => [tag, 3, 1, tag === 277 ? 4 : value] as const);
    const { header } = await probeBytes(tiff([...four, [338, 3, 1, extra]]));
    assert.deepEqual([header.channels, header.hasAlpha], [4, hasAlpha]);
  }
});

test("probe() reads AVIF and HEIC, their turning and mirroring as one orientation", async () => {
  const irot = (turns: number) => box("irot", turns);
  const imir = (axis: number) => box("imir", axis);
  const cases: readonly (readonly [Uint8Array[], number])[] = [
    [[], 1],
    [[irot(1)], 8],
    [[irot(2)], 3],
    [[irot(3)], 6],
    [[imir(0)], 4],
    [[imir(1)], 2],
    [[irot(1), imir(1)], 7],
    [[irot(1), imir(0)], 5],
  ];
  for (const [turns, orientation] of cases) {
    const file = heif({ brand: "heic", item: "hvc1", properties: [ispe(400, 300), ...turns] });
    const { mediaType, header } = await probeBytes(file);
    assert.equal(mediaType, "image/heic");
    assert.deepEqual([header.width, header.height, header.orientation], [400, 300, orientation]);
  }
  const avif = heif({ brand: "mif1", item: "av01", properties: [ispe(400, 300)] });
  assert.equal((await probeBytes(avif)).mediaType, "image/avif");
});

const clap = (width: number, height: number) =>
  box("clap", be(width, 4), be(1, 4), be(height, 4), be(1, 4), new Uint8Array(16));

test("probe() reads what a HEIF's clean aperture leaves, and how much its decoder makes", async () => {
  const rot = box("irot", 1);
  const sizes = [];
  for (const properties of [[clap(399, 299)], [rot, clap(299, 399)], [clap(399, 299), rot]]) {
    const file = heif({ brand: "heic", item: "hvc1", properties: [ispe(400, 300), ...properties] });
    const { header: { width, height }, codedPixels } = await probeBytes(file);
    sizes.push([width, height, codedPixels]);
  }
  assert.deepEqual(sizes, Array(3).fill([399, 299, 120_000]));
  const empty = [ispe(4, 3), clap(0, 3)];
  await rejects(heif({ brand: "heic", item: "hvc1", properties: empty }), "corrupt");
});

test("probe() finds alpha that belongs to a HEIF's tiles, and names a sequence", async () => {
  const alpha = box("auxC", VERSION, "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", 0);
  // Item 1 consists of tile 2, whose alpha is item 3: both have all properties of item 1 here.
  const ipma = box("ipma", VERSION, be(2, 4), be(1, 2), 1, 1, be(3, 2), 1, 2);
  const ref = (type: string, from: number, to: number) =>
    box(type, be(from, 2), be(1, 2), be(to, 2));
  const iref = box("iref", VERSION, ref("dimg", 1, 2), ref("auxl", 3, 2));
  const shape = { brand: "avif", item: "av01", properties: [ispe(4, 3), alpha], ipma };
  assert.equal((await probeBytes(heif({ ...shape, more: [iref] }))).header.hasAlpha, true);
  assert.equal((await probeBytes(heif(shape))).header.hasAlpha, false);
  const film = bytesOf(box("ftyp", "hevc", be(0, 4), "msf1"), box("moov", new Uint8Array(9)));
  await rejects(film, "unsupported_type");
});

test("probe() refuses HEIF of other codings, without a size, and with boxes that end outside", async () => {
  const heic = { brand: "heic", item: "hvc1", properties: [ispe(4, 3)] };
  await rejects(heif({ ...heic, brand: "mif1", item: "jpeg" }), "unsupported_type");
  await rejects(heif({ ...heic, properties: [] }), "corrupt");
  const file = heif(heic);
  await rejects(file.slice(0, -30), "truncated");
  const lying = file.slice();
  lying.set(be(0xfffffff, 4), 24 + 12);
  await rejects(lying, "corrupt");
});

test("probe() tells what is no image from what is another one", async () => {
  await rejects(new Uint8Array(), "not_an_image");
  await rejects(bytesOf("hello, this is a text and no image"), "not_an_image");
  await rejects(bytesOf("<html><body></body></html>"), "not_an_image");
  await rejects(bytesOf("<svg xmlns='http://www.w3.org/2000/svg'/>"), "unsupported_type");
  await rejects(bytesOf("BM", new Uint8Array(60)), "unsupported_type");
});
