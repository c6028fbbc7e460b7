/** Little that becomes much: compressed bombs, profiles and blocks that point nowhere, in circles, or at themselves. */
import {
  be,
  box,
  bytesOf,
  chunk,
  heif,
  ispe,
  le,
  segment,
  tiff,
} from "@tintype/core/testing/headers";
import { deflateSync } from "node:zlib";
import { BROKEN, DAMAGED, hostile, type HostileFile } from "./_hostile_file.ts";
import { riff, tiffEntries, vp8x } from "./claims.ts";

const MIB = 2 ** 20;

/** Compressed bombs in PNG and TIFF. */
export function zipBombs(): HostileFile[] {
  const bomb = deflateSync(new Uint8Array(256 * MIB), { level: 9 });
  const line = deflateSync(new Uint8Array(1_000 * 1_001));
  const ihdr = chunk("IHDR", be(1_000, 4), be(1_000, 4), [8, 0, 0, 0, 0]);
  const pngOf = (before: readonly Uint8Array[], pixels: Uint8Array) =>
    bytesOf(
      [0x89],
      "PNG\r\n",
      0x1a,
      "\n",
      ihdr,
      ...before,
      chunk("IDAT", pixels),
      chunk("IEND"),
    );
  return [
    hostile("png whose pixels do not end", "image/png", {
      bytes: pngOf([], bomb),
      endings: DAMAGED,
    }),
    hostile("png with a profile of 256 MiB", "image/png", {
      bytes: pngOf([chunk("iCCP", "bomb\0", 0, bomb)], line),
      endings: DAMAGED,
    }),
    hostile("png with a text of 256 MiB", "image/png", {
      bytes: pngOf([chunk("zTXt", "bomb\0", 0, bomb)], line),
      endings: DAMAGED,
    }),
    hostile("png with an international text of 256 MiB", "image/png", {
      bytes: pngOf([chunk("iTXt", "bomb\0", 1, 0, "\0\0", bomb)], line),
      endings: DAMAGED,
    }),
    hostile("png of one colour, 99 megapixels", "image/png", {
      bytes: hugePng(9_900, 10_000),
      endings: ["ready", "processing_limit"],
    }),
    hostile("tiff whose strip is a bomb", "image/tiff", {
      bytes: bytesOf(tiffWith([[259, 3, 1, 8], [279, 4, 1, bomb.length]]), bomb),
      endings: DAMAGED,
    }),
  ];
}

function hugePng(width: number, height: number): Uint8Array {
  const pixels = deflateSync(new Uint8Array(height * (1 + Math.ceil(width / 8))), { level: 9 });
  const ihdr = chunk("IHDR", be(width, 4), be(height, 4), [1, 0, 0, 0, 0]);
  const idat = chunk("IDAT", pixels);
  return bytesOf([0x89], "PNG\r\n", 0x1a, "\n", ihdr, idat, chunk("IEND"));
}

/** A TIFF of 4 x 4 pixels with other values for some tags; what its strip points at follows. */
function tiffWith(changes: readonly (readonly [number, number, number, number])[]): Uint8Array {
  const changed = tiffEntries(4, 4).map((entry) =>
    changes.find(([tag]) => tag === entry[0]) ?? entry
  );
  const file = tiff(changed);
  return bytesOf(file, new Uint8Array(200 - file.length));
}

/** TIFF directories, strips and tiles that lead astray. */
export function tiffTraps(): HostileFile[] {
  const entries = tiffEntries(4, 4);
  const pixels = new Uint8Array(216);
  const bad = (name: string, bytes: Uint8Array) =>
    hostile(name, "image/tiff", { bytes: bytesOf(bytes, pixels), endings: DAMAGED });
  return [
    hostile("tiff whose directory follows itself", "image/tiff", {
      bytes: tiff(entries, { next: 8 }),
      endings: ["corrupt"],
    }),
    hostile("big-endian tiff whose directory follows itself", "image/tiff", {
      bytes: tiff(entries, { order: "MM", next: 8 }),
      endings: ["corrupt"],
    }),
    hostile("tiff whose directory lies in its header", "image/tiff", {
      bytes: bytesOf("II", le(42, 2), le(2, 4), pixels),
      endings: ["corrupt"],
    }),
    hostile("tiff whose directory lies behind its end", "image/tiff", {
      bytes: bytesOf("II", le(42, 2), le(0xfffffff0, 4), pixels),
      endings: BROKEN,
    }),
    hostile("bigtiff whose directory lies at 2^64 - 1", "image/tiff", {
      bytes: bytesOf("II", le(43, 2), le(8, 2), le(0, 2), new Uint8Array(8).fill(255), pixels),
      endings: BROKEN,
    }),
    bad("tiff whose strip lies behind its end", tiffWith([[273, 4, 1, 0xfffffff0]])),
    bad("tiff whose strip is endless", tiffWith([[279, 4, 1, 0xffffffff]])),
    bad("tiff without rows in a strip", tiffWith([[278, 3, 1, 0]])),
    bad("tiff of 65,535 samples a pixel", tiffWith([[277, 3, 1, 65_535]])),
    bad("tiff of 65,535 bits a sample", tiffWith([[258, 3, 1, 65_535]])),
    bad("tiff of an unknown compression", tiffWith([[259, 3, 1, 34_661]])),
    bad("tiff of LZW that is none", tiffWith([[259, 3, 1, 5]])),
    bad("tiff of JPEG that is none", tiffWith([[259, 3, 1, 7]])),
    bad("tiff of 2^32 - 1 strips", tiffWith([[273, 4, 0xffffffff, 8]])),
    bad("tiff whose profile is endless", tiffWith([[277, 3, 1, 1], [278, 34_675, 0x7fffffff, 8]])),
  ];
}

/** EXIF blocks in every format that carries them. */
export function exifTraps(picture: (exif: Uint8Array) => readonly HostileFile[]): HostileFile[] {
  const entry = (tag: number, count: number, value: number) => [tag, 4, count, value] as const;
  const traps: readonly (readonly [string, Uint8Array])[] = [
    ["that follows itself", tiff([entry(0x0112, 1, 6)], { next: 8 })],
    ["whose sub-directory is itself", tiff([entry(0x8769, 1, 8), entry(0x8825, 1, 8)])],
    ["whose place is itself", tiff([entry(0x8825, 1, 8)])],
    ["of 2^32 - 1 values", tiff([entry(0x010f, 0xffffffff, 8), entry(0x829a, 0xffffffff, 0)])],
    ["whose values lie behind its end", tiff([entry(0x010f, 400, 0xfffffff0)])],
    [
      "whose thumbnail is endless",
      tiff([entry(0x0201, 1, 8), entry(0x0202, 1, 0xffffffff)], { next: 8 }),
    ],
    ["of orientation 65,535", tiff([[0x0112, 3, 1, 65_535]])],
    ["of 65,535 entries", bytesOf("II", le(42, 2), le(8, 4), le(65_535, 2), [1, 2, 3])],
    ["that is no block", bytesOf("Exif\0\0 but not really")],
  ];
  return traps.flatMap(([what, block]) =>
    picture(block).map((file) => ({ ...file, name: `${file.name} with EXIF ${what}` }))
  );
}

/** An ICC profile that is none, in a form that each reader takes a while to see. */
export function profileTraps(picture: (icc: Uint8Array) => readonly HostileFile[]): HostileFile[] {
  const head = (tags: number) =>
    bytesOf(
      be(4_000, 4),
      new Uint8Array(12),
      "RGB XYZ ",
      new Uint8Array(8),
      "acsp",
      new Uint8Array(88),
      be(tags, 4),
    );
  const traps: readonly (readonly [string, Uint8Array])[] = [
    ["of 2^32 - 1 tags", bytesOf(head(0xffffffff), new Uint8Array(3_868))],
    ["whose tags point outside", bytesOf(head(1), "desc", be(0xfffffff0, 4), be(0xffffffff, 4))],
    ["whose tag is itself", bytesOf(head(1), "desc", be(0, 4), be(132, 4), new Uint8Array(100))],
    ["that is no profile", new Uint8Array(5_000).fill(7)],
  ];
  return traps.flatMap(([what, profile]) =>
    picture(profile).map((file) => ({ ...file, name: `${file.name} with a profile ${what}` }))
  );
}

/** Boxes of HEIF with sizes that cannot be, in circles and in depth. */
export function boxTraps(): HostileFile[] {
  const ftyp = (brand: string) => box("ftyp", brand, be(0, 4), "mif1");
  const sized = (size: readonly number[], type: string, body: Uint8Array) =>
    bytesOf(size, type, body);
  const whole = heif({ brand: "avif", item: "av01", properties: [ispe(9, 9)] });
  const metaAt = ftyp("avif").length;
  const withMetaSize = (size: readonly number[]) => {
    const file = whole.slice();
    file.set(size, metaAt);
    return file;
  };
  const nested = (depth: number) => {
    let inner: Uint8Array = new Uint8Array();
    for (let level = 0; level < depth; level += 1) inner = box("meta", be(0, 4), inner);
    return inner;
  };
  const traps: readonly (readonly [string, Uint8Array])[] = [
    ["whose meta is as long as the file", withMetaSize(be(0, 4))],
    ["whose meta is negative", withMetaSize(be(0xffffffff, 4))],
    ["whose meta has four bytes", withMetaSize(be(4, 4))],
    [
      "whose meta has 2^64 - 1 bytes",
      bytesOf(ftyp("avif"), sized(be(1, 4), "meta", new Uint8Array(8).fill(255))),
    ],
    ["of 2,000 nested boxes", bytesOf(ftyp("avif"), nested(2_000))],
    ["without a meta", ftyp("avif")],
    [
      "whose items are 65,535",
      bytesOf(ftyp("avif"), box("meta", be(0, 4), box("iinf", be(0, 4), be(65_535, 2)))),
    ],
    [
      "whose places are 2^32 - 1",
      bytesOf(
        ftyp("avif"),
        box(
          "meta",
          be(0, 4),
          box("pitm", be(0, 4), be(1, 2)),
          box("iloc", [2, 0, 0, 0], be(0x4444, 2), be(0xffffffff, 4)),
        ),
      ),
    ],
    ["whose item is a grid of itself", heifGrid()],
    ["whose picture is missing", whole],
  ];
  return traps.flatMap(([what, bytes]) => [
    hostile(`avif ${what}`, "image/avif", { bytes, endings: DAMAGED }),
    hostile(`heic ${what}`, "image/heic", { bytes: rebranded(bytes), endings: DAMAGED }),
  ]);
}

function heifGrid(): Uint8Array {
  const version = [0, 0, 0, 0];
  const infe = box("infe", 2, 0, 0, 0, be(1, 2), be(0, 2), "grid", 0);
  const meta = box(
    "meta",
    version,
    box("pitm", version, be(1, 2)),
    box("iinf", version, be(1, 2), infe),
    box("iref", version, box("dimg", be(1, 2), be(1, 2), be(1, 2))),
    box("iprp", box("ipco", ispe(9, 9)), box("ipma", version, be(1, 4), be(1, 2), 1, 1)),
  );
  return bytesOf(box("ftyp", "avif", be(0, 4), "mif1"), meta);
}

function rebranded(avif: Uint8Array): Uint8Array {
  const heic = avif.slice();
  heic.set(bytesOf("heic"), 8);
  for (let at = 0; at + 4 <= heic.length; at += 1) {
    if (String.fromCharCode(...heic.subarray(at, at + 4)) === "av01") heic.set(bytesOf("hvc1"), at);
  }
  return heic;
}

/** Puts an EXIF block or a profile into whole small pictures of the formats that carry one. */
export function carriers(jpeg: Uint8Array, png: Uint8Array) {
  const carried = (name: string, bytes: Uint8Array) =>
    hostile(name, name === "jpeg" ? "image/jpeg" : name === "png" ? "image/png" : "image/webp", {
      bytes,
      endings: DAMAGED,
    });
  const inWebp = (type: "EXIF" | "ICCP", block: Uint8Array) => {
    const padded = block.length % 2 === 0 ? block : bytesOf(block, 0);
    const part = bytesOf(type, le(block.length, 4), padded);
    return riff(vp8x({ width: 9, height: 9 }, type === "EXIF" ? 8 : 32), part);
  };
  return {
    exif: (block: Uint8Array) => [
      carried(
        "jpeg",
        bytesOf(jpeg.subarray(0, 2), segment(0xe1, "Exif\0\0", block), jpeg.subarray(2)),
      ),
      carried("png", bytesOf(png.subarray(0, 33), chunk("eXIf", block), png.subarray(33))),
      carried("webp", inWebp("EXIF", block)),
    ],
    profile: (icc: Uint8Array) => [
      carried(
        "jpeg",
        bytesOf(jpeg.subarray(0, 2), segment(0xe2, "ICC_PROFILE\0", [1, 1], icc), jpeg.subarray(2)),
      ),
      carried(
        "png",
        bytesOf(
          png.subarray(0, 33),
          chunk("iCCP", "x\0", 0, deflateSync(icc)),
          png.subarray(33),
        ),
      ),
      carried("webp", inWebp("ICCP", icc)),
    ],
  };
}
