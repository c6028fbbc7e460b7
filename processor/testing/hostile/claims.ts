/** Headers that claim what no picture has: sides, frames, directories, boxes. */
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
} from "@tintype/core/testing/headers";
import type { Size } from "@tintype/core/processing/plan_renditions";
import { BROKEN, type HostileFile, hostiles } from "./_hostile_file.ts";

const SIDES = [[65_535, 65_535], [65_535, 1], [1, 65_535], [30_000, 30_000]] as const;
/** Sides of a picture whose size does not matter. */
export const SMALL = { width: 9, height: 9 };
const GIANT = 0xffff_ffff;

/** Every format with sides that it cannot have. */
export function claimedSides(): HostileFile[] {
  return SIDES.flatMap(([width, height]) => {
    const [size, sides, properties] = [`${width}x${height}`, { width, height }, [
      ispe(width, height),
    ]];
    const entries = tiffEntries(width, height);
    // A line is no more than its pixels: what is refused of it is that they are not there.
    const isLine = Math.min(width, height) === 1;
    return hostiles(isLine ? [...BROKEN, "too_many_pixels", "ready"] : ["too_many_pixels"], [
      [`jpeg ${size}`, "image/jpeg", jpeg(sides)],
      [`progressive jpeg ${size}`, "image/jpeg", jpeg({ ...sides, sof: 0xc2 })],
      [`png ${size}`, "image/png", png(sides)],
      [`gif ${size}`, "image/gif", gif(sides, 1)],
      [`tiff ${size}`, "image/tiff", tiff(entries)],
      [`big-endian tiff ${size}`, "image/tiff", tiff(entries, { order: "MM" })],
      [`extended webp ${size}`, "image/webp", riff(vp8x(sides, 0))],
      [`avif ${size}`, "image/avif", heif({ brand: "avif", item: "av01", properties })],
      [`heic ${size}`, "image/heic", heif({ brand: "heic", item: "hvc1", properties })],
    ]);
  });
}

/** Sides of 2^31 and more, where the format can write them, and sides of nothing. */
export function claimedGiants(): HostileFile[] {
  const sides = { width: GIANT, height: GIANT };
  const avif = heif({ brand: "avif", item: "av01", properties: [ispe(GIANT, GIANT)] });
  const vp8l = bytesOf("VP8L", le(10, 4), 0x2f, le(0x0fffffff, 4), new Uint8Array(5));
  const key = [0, 0, 0, 0x9d, 0x01, 0x2a];
  const vp8 = bytesOf("VP8 ", le(10, 4), key, le(0x3fff, 2), le(0x3fff, 2));
  return [
    ...hostiles(["too_many_pixels"], [
      ["png of 2^32 - 1", "image/png", png(sides)],
      [
        "tiff of 2^32 - 1",
        "image/tiff",
        tiff([[256, 4, 1, GIANT], [257, 4, 1, GIANT], [262, 3, 1, 1]]),
      ],
      ["avif of 2^32 - 1", "image/avif", avif],
      ["lossless webp of 2^14", "image/webp", riff(vp8l)],
      ["lossy webp of 2^14", "image/webp", riff(vp8)],
    ]),
    ...hostiles(["corrupt"], [
      ["jpeg without a side 0", "image/jpeg", jpeg({ width: 0, height: 0 })],
      ["jpeg without a side 1", "image/jpeg", jpeg({ width: 100, height: 0 })],
      ["png without a side", "image/png", png({ width: 0, height: 9 })],
    ]),
    // Its first frame says how large it is.
    ...hostiles(["ready"], [["gif without a side", "image/gif", gif({ width: 0, height: 0 }, 1)]]),
  ];
}

/** Frames and pages without end. */
export function claimedFrames(): HostileFile[] {
  const anmf = Array<Uint8Array>(5_000).fill(bytesOf("ANMF", le(16, 4), new Uint8Array(16)));
  const actl = chunk("acTL", be(0x7fffffff, 4), be(0, 4));
  return [
    ...hostiles(BROKEN, [
      ["apng that claims 2^31 - 1 frames", "image/png", png({ ...SMALL, before: [actl] })],
    ]),
    ...hostiles(["too_many_frames"], [
      ["gif of a million frames", "image/gif", gif({ width: 4, height: 4 }, 1_000_000)],
      ["gif of many large frames", "image/gif", gif({ width: 9_000, height: 9_000 }, 900)],
      ["webp of 5,000 frames", "image/webp", riff(vp8x(SMALL, 2), ...anmf)],
      ["tiff of 5,000 pages", "image/tiff", tiffPages(5_000)],
    ]),
  ];
}

/** Segments and chunks without end before the header's own. */
export function endlessHeaders(): HostileFile[] {
  const often = (part: Uint8Array) => Array<Uint8Array>(100_000).fill(part);
  const fill = bytesOf([0xff, 0xd8], new Uint8Array(200_000).fill(0xff));
  const webp = riff(vp8x(SMALL, 8), new Uint8Array(800_000));
  const boxes = bytesOf(box("ftyp", "avif", be(0, 4)), ...often(box("free")));
  const entries = bytesOf("II", le(42, 2), le(8, 4), le(65_535, 2), new Uint8Array(65_535 * 12));
  return [
    ...hostiles(["corrupt"], [
      [
        "jpeg of 100,000 segments",
        "image/jpeg",
        jpeg({ ...SMALL, before: often(segment(0xfe, "x")) }),
      ],
      ["png of 100,000 chunks", "image/png", png({ ...SMALL, before: often(chunk("tEXt")) })],
      ["tiff of 65,535 entries", "image/tiff", entries],
    ]),
    ...hostiles(["corrupt", "truncated"], [
      ["jpeg of fill bytes", "image/jpeg", fill],
      ["avif of 100,000 boxes", "image/avif", boxes],
    ]),
    ...hostiles(BROKEN, [["webp of 100,000 chunks", "image/webp", webp]]),
  ];
}

/** The directory of an uncompressed RGB picture. */
export function tiffEntries(width: number, height: number) {
  return [
    [256, 3, 1, width],
    [257, 3, 1, height],
    [258, 3, 1, 8],
    [259, 3, 1, 1],
    [262, 3, 1, 1],
    [273, 4, 1, 200],
    [277, 3, 1, 1],
    [278, 3, 1, height],
    [279, 4, 1, width * height],
  ] as const;
}

/** A RIFF file of WebP chunks. */
export function riff(...chunks: readonly Uint8Array[]): Uint8Array {
  const body = bytesOf("WEBP", ...chunks);
  return bytesOf("RIFF", le(body.length, 4), body);
}

/** WebP's extended header. */
export function vp8x({ width, height }: Size, flags: number) {
  return bytesOf("VP8X", le(10, 4), flags, [0, 0, 0], le(width - 1, 3), le(height - 1, 3));
}

/** A GIF whose frames are one pixel each. */
function gif({ width, height }: Size, frames: number): Uint8Array {
  const head = bytesOf("GIF89a", le(width, 2), le(height, 2), [0x80, 0, 0], new Uint8Array(6));
  const frame = bytesOf(0x2c, le(0, 4), le(1, 2), le(1, 2), 0, 2, [2, 0x44, 1, 0]);
  const file = new Uint8Array(head.length + frames * frame.length + 1);
  file.set(head);
  for (let at = head.length; at < file.length - 1; at += frame.length) file.set(frame, at);
  file[file.length - 1] = 0x3b;
  return file;
}

function tiffPages(pages: number): Uint8Array {
  const page = tiff(tiffEntries(4, 4)).subarray(8);
  const file = new Uint8Array(8 + pages * page.length);
  file.set(bytesOf("II", le(42, 2), le(8, 4)));
  for (let index = 0; index < pages; index += 1) {
    const at = 8 + index * page.length;
    file.set(page, at);
    const next = index + 1 < pages ? at + page.length : 0;
    file.set(le(next, 4), at + page.length - 4);
  }
  return file;
}
