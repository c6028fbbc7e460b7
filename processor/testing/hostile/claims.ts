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
import { type Ending, hostile, type HostileFile } from "./_hostile_file.ts";

const MANY: readonly Ending[] = ["too_many_pixels"];
const SIDES = [[65_535, 65_535], [65_535, 1], [1, 65_535], [30_000, 30_000]] as const;

/** Every format with sides that it cannot have. */
export function claimedSides(): HostileFile[] {
  return SIDES.flatMap(([width, height]) => {
    const size = `${width}x${height}`;
    const entries = tiffEntries(width, height);
    const claims = [
      hostile(`jpeg ${size}`, "image/jpeg", { bytes: jpeg({ width, height }), endings: MANY }),
      hostile(`progressive jpeg ${size}`, "image/jpeg", {
        bytes: jpeg({ width, height, sof: 0xc2 }),
        endings: MANY,
      }),
      hostile(`png ${size}`, "image/png", { bytes: png({ width, height }), endings: MANY }),
      hostile(`gif ${size}`, "image/gif", {
        bytes: gif({ width, height }, 1),
        endings: MANY,
      }),
      hostile(`tiff ${size}`, "image/tiff", { bytes: tiff(entries), endings: MANY }),
      hostile(`big-endian tiff ${size}`, "image/tiff", {
        bytes: tiff(entries, { order: "MM" }),
        endings: MANY,
      }),
      hostile(`extended webp ${size}`, "image/webp", {
        bytes: riff(vp8x({ width, height }, 0)),
        endings: MANY,
      }),
    ];
    return [...claims, ...heifClaims(width, height)];
  });
}

function heifClaims(width: number, height: number): HostileFile[] {
  const properties = [ispe(width, height)];
  return [["avif", "av01", "image/avif"], ["heic", "hvc1", "image/heic"]].map((
    [brand = "", item = "", type],
  ) =>
    hostile(`${brand} ${width}x${height}`, type === "image/avif" ? "image/avif" : "image/heic", {
      bytes: heif({ brand, item, properties }),
      endings: MANY,
    })
  );
}

/** Sides of 2^31 and more, where the format can write them. */
export function claimedGiants(): HostileFile[] {
  const giant = 0xffff_ffff;
  return [
    hostile("png of 2^32 - 1", "image/png", {
      bytes: png({ width: giant, height: giant }),
      endings: MANY,
    }),
    hostile("tiff of 2^32 - 1", "image/tiff", {
      bytes: tiff([[256, 4, 1, giant], [257, 4, 1, giant], [262, 3, 1, 1]]),
      endings: MANY,
    }),
    hostile("avif of 2^32 - 1", "image/avif", {
      bytes: heif({ brand: "avif", item: "av01", properties: [ispe(giant, giant)] }),
      endings: MANY,
    }),
    hostile("lossless webp of 2^14", "image/webp", {
      bytes: riff(bytesOf("VP8L", le(10, 4), 0x2f, le(0x0fffffff, 4), new Uint8Array(5))),
      endings: MANY,
    }),
    hostile("lossy webp of 2^14", "image/webp", {
      bytes: riff(
        bytesOf("VP8 ", le(10, 4), [0, 0, 0, 0x9d, 0x01, 0x2a], le(0x3fff, 2), le(0x3fff, 2)),
      ),
      endings: MANY,
    }),
    ...[jpeg({ width: 0, height: 0 }), jpeg({ width: 100, height: 0 })].map((bytes, index) =>
      hostile(`jpeg without a side ${index}`, "image/jpeg", { bytes, endings: ["corrupt"] })
    ),
    hostile("png without a side", "image/png", {
      bytes: png({ width: 0, height: 9 }),
      endings: ["corrupt"],
    }),
    hostile("gif without a side", "image/gif", {
      bytes: gif({ width: 0, height: 0 }, 1),
      endings: ["corrupt"],
    }),
  ];
}

/** Frames and pages without end. */
export function claimedFrames(): HostileFile[] {
  const frames: readonly Ending[] = ["too_many_frames"];
  const anmf = bytesOf("ANMF", le(16, 4), new Uint8Array(16));
  return [
    hostile("gif of a million frames", "image/gif", {
      bytes: gif({ width: 4, height: 4 }, 1_000_000),
      endings: frames,
    }),
    hostile("gif of many large frames", "image/gif", {
      bytes: gif({ width: 9_000, height: 9_000 }, 900),
      endings: frames,
    }),
    hostile("apng of 2^31 - 1 frames", "image/png", {
      bytes: png({
        width: 9,
        height: 9,
        before: [chunk("acTL", be(0x7fffffff, 4), be(0, 4))],
      }),
      endings: frames,
    }),
    hostile("webp of 5,000 frames", "image/webp", {
      bytes: riff(vp8x({ width: 9, height: 9 }, 2), ...Array<Uint8Array>(5_000).fill(anmf)),
      endings: frames,
    }),
    hostile("tiff of 5,000 pages", "image/tiff", {
      bytes: tiffPages(5_000),
      endings: frames,
    }),
  ];
}

/** Segments and chunks without end before the header's own. */
export function endlessHeaders(): HostileFile[] {
  const comment = segment(0xfe, "x");
  return [
    hostile("jpeg of 100,000 segments", "image/jpeg", {
      bytes: jpeg({ width: 9, height: 9, before: Array<Uint8Array>(100_000).fill(comment) }),
      endings: ["corrupt"],
    }),
    hostile("png of 100,000 chunks", "image/png", {
      bytes: png({ width: 9, height: 9, before: Array<Uint8Array>(100_000).fill(chunk("tEXt")) }),
      endings: ["corrupt"],
    }),
    hostile("jpeg of fill bytes", "image/jpeg", {
      bytes: bytesOf([0xff, 0xd8], new Uint8Array(200_000).fill(0xff)),
      endings: ["corrupt", "truncated"],
    }),
    hostile("webp of 100,000 chunks", "image/webp", {
      bytes: riff(
        vp8x({ width: 9, height: 9 }, 8),
        new Uint8Array(800_000),
      ),
      endings: ["corrupt", "truncated", "unsupported_type"],
    }),
    hostile("avif of 100,000 boxes", "image/avif", {
      bytes: bytesOf(
        box("ftyp", "avif", be(0, 4)),
        ...Array<Uint8Array>(100_000).fill(box("free")),
      ),
      endings: ["corrupt", "truncated"],
    }),
    hostile("tiff of 65,535 entries", "image/tiff", {
      bytes: bytesOf("II", le(42, 2), le(8, 4), le(65_535, 2), new Uint8Array(65_535 * 12)),
      endings: ["corrupt"],
    }),
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
