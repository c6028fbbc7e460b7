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
  VERSION,
} from "@tintype/core/testing/headers";
import type { Size } from "@tintype/core/processing/plan_renditions";
import { deflateSync } from "node:zlib";
import { BROKEN, DAMAGED, type HostileFile, hostiles } from "./_hostile_file.ts";
import { riff, SMALL, tiffEntries, vp8x } from "./claims.ts";

const MIB = 2 ** 20;

type TiffEntry = readonly [tag: number, type: number, count: number, value: number];

/** What goes wrong, and the block that does. */
type Trap = readonly [what: string, block: Uint8Array];

/** Puts a block into small pictures of every format that carries one. */
type Carrier = (block: Uint8Array) => readonly HostileFile[];

function carried(carrier: Carrier, block: string, traps: readonly Trap[]): HostileFile[] {
  return traps.flatMap(([what, bytes]) =>
    carrier(bytes).map((file) => ({ ...file, name: `${file.name} with ${block} ${what}` }))
  );
}

/** A PNG of one sample a pixel. */
function greyPng({ width, height }: Size, bits: number, ...chunks: readonly Uint8Array[]) {
  const ihdr = chunk("IHDR", be(width, 4), be(height, 4), [bits, 0, 0, 0, 0]);
  return bytesOf(0x89, "PNG\r\n", 0x1a, "\n", ihdr, ...chunks, chunk("IEND"));
}

/** Compressed bombs in PNG and TIFF. */
export function zipBombs(): HostileFile[] {
  const bomb = deflateSync(new Uint8Array(256 * MIB), { level: 9 });
  const line = deflateSync(new Uint8Array(1_000 * 1_001));
  const square = { width: 1_000, height: 1_000 };
  const behind = (text: Uint8Array) => greyPng(square, 8, text, chunk("IDAT", line));
  const strip = tiffWith([[259, 3, 1, 8], [279, 4, 1, bomb.length]]);
  return [
    ...hostiles(DAMAGED, [
      ["png whose pixels do not end", "image/png", greyPng(square, 8, chunk("IDAT", bomb))],
      ["png with a profile of 256 MiB", "image/png", behind(chunk("iCCP", "bomb\0", 0, bomb))],
      ["png with a text of 256 MiB", "image/png", behind(chunk("zTXt", "bomb\0", 0, bomb))],
      [
        "png with an international text of 256 MiB",
        "image/png",
        behind(chunk("iTXt", "bomb\0", 1, 0, "\0\0", bomb)),
      ],
      ["tiff whose strip is a bomb", "image/tiff", bytesOf(strip, bomb)],
    ]),
    ...hostiles(["ready", "processing_limit"], [
      ["png of one colour, 99 megapixels", "image/png", hugePng({ width: 9_900, height: 10_000 })],
    ]),
  ];
}

function hugePng(size: Size): Uint8Array {
  const pixels = new Uint8Array(size.height * (1 + Math.ceil(size.width / 8)));
  return greyPng(size, 1, chunk("IDAT", deflateSync(pixels, { level: 9 })));
}

/** A TIFF of 4 x 4 pixels with other values for some tags; what its strip points at follows. */
function tiffWith(changes: readonly TiffEntry[]): Uint8Array {
  const changed = tiffEntries(4, 4)
    .map((entry) => changes.find(([tag]) => tag === entry[0]) ?? entry);
  const file = tiff(changed);
  return bytesOf(file, new Uint8Array(200 - file.length));
}

/** TIFF directories, strips and tiles that lead astray. */
export function tiffTraps(): HostileFile[] {
  const entries = tiffEntries(4, 4);
  const pixels = new Uint8Array(216);
  const at = (offset: number) => bytesOf("II", le(42, 2), le(offset, 4), pixels);
  const bigHead = bytesOf("II", le(43, 2), le(8, 2), le(0, 2), new Uint8Array(8).fill(255));
  const bad = (name: string, change: TiffEntry) =>
    [`tiff ${name}`, "image/tiff", bytesOf(tiffWith([change]), pixels)] as const;
  return [
    ...hostiles(["truncated"], [
      ["tiff whose directory follows itself", "image/tiff", tiff(entries, { next: 8 })],
      [
        "big-endian tiff whose directory follows itself",
        "image/tiff",
        tiff(entries, { order: "MM", next: 8 }),
      ],
    ]),
    ...hostiles(["corrupt"], [["tiff whose directory lies in its header", "image/tiff", at(2)]]),
    ...hostiles(BROKEN, [
      ["tiff whose directory lies behind its end", "image/tiff", at(0xfffffff0)],
      ["bigtiff whose directory lies at 2^64 - 1", "image/tiff", bytesOf(bigHead, pixels)],
    ]),
    ...hostiles(DAMAGED, [
      bad("whose strip lies behind its end", [273, 4, 1, 0xfffffff0]),
      bad("whose strip is endless", [279, 4, 1, 0xffffffff]),
      bad("without rows in a strip", [278, 3, 1, 0]),
      bad("of 65,535 samples a pixel", [277, 3, 1, 65_535]),
      bad("of 65,535 bits a sample", [258, 3, 1, 65_535]),
      bad("of an unknown compression", [259, 3, 1, 34_661]),
      bad("of LZW that is none", [259, 3, 1, 5]),
      bad("of JPEG that is none", [259, 3, 1, 7]),
      bad("of 2^32 - 1 strips", [273, 4, 0xffffffff, 8]),
      [
        "tiff whose profile is endless",
        "image/tiff",
        bytesOf(tiffWith([[277, 3, 1, 1], [278, 34_675, 0x7fffffff, 8]]), pixels),
      ],
    ]),
  ];
}

/** EXIF blocks in every format that carries them. */
export function exifTraps(carrier: Carrier): HostileFile[] {
  const entry = (tag: number, count: number, value: number) => [tag, 4, count, value] as const;
  const thumbnail = [entry(0x0201, 1, 8), entry(0x0202, 1, 0xffffffff)];
  return carried(carrier, "EXIF", [
    ["that follows itself", tiff([entry(0x0112, 1, 6)], { next: 8 })],
    ["whose sub-directory is itself", tiff([entry(0x8769, 1, 8), entry(0x8825, 1, 8)])],
    ["whose place is itself", tiff([entry(0x8825, 1, 8)])],
    ["of 2^32 - 1 values", tiff([entry(0x010f, 0xffffffff, 8), entry(0x829a, 0xffffffff, 0)])],
    ["whose values lie behind its end", tiff([entry(0x010f, 400, 0xfffffff0)])],
    ["whose thumbnail is endless", tiff(thumbnail, { next: 8 })],
    ["of orientation 65,535", tiff([[0x0112, 3, 1, 65_535]])],
    ["of 65,535 entries", bytesOf("II", le(42, 2), le(8, 4), le(65_535, 2), [1, 2, 3])],
    ["that is no block", bytesOf("Exif\0\0 but not really")],
  ]);
}

/** An ICC profile that is none, in a form that each reader takes a while to see. */
export function profileTraps(carrier: Carrier): HostileFile[] {
  const zeroes = (count: number) => new Uint8Array(count);
  const head = (tags: number) =>
    bytesOf(be(4_000, 4), zeroes(12), "RGB XYZ ", zeroes(8), "acsp", zeroes(88), be(tags, 4));
  return carried(carrier, "a profile", [
    ["of 2^32 - 1 tags", bytesOf(head(0xffffffff), zeroes(3_868))],
    ["whose tags point outside", bytesOf(head(1), "desc", be(0xfffffff0, 4), be(0xffffffff, 4))],
    ["whose tag is itself", bytesOf(head(1), "desc", be(0, 4), be(132, 4), zeroes(100))],
    ["that is no profile", zeroes(5_000).fill(7)],
  ]);
}

/** Boxes of HEIF with sizes that cannot be, in circles and in depth. */
export function boxTraps(): HostileFile[] {
  const ftyp = box("ftyp", "avif", be(0, 4), "mif1");
  const whole = heif({ brand: "avif", item: "av01", properties: [ispe(9, 9)] });
  const meta = (...boxes: readonly Uint8Array[]) => bytesOf(ftyp, box("meta", VERSION, ...boxes));
  const withMetaSize = (size: number) =>
    bytesOf(ftyp, be(size, 4), whole.subarray(ftyp.length + 4));
  const nested = (depth: number) => {
    let inner: Uint8Array = new Uint8Array();
    for (let level = 0; level < depth; level += 1) inner = box("meta", be(0, 4), inner);
    return inner;
  };
  const places = box("iloc", [2, 0, 0, 0], be(0x4444, 2), be(0xffffffff, 4));
  const traps: readonly Trap[] = [
    ["whose meta is as long as the file", withMetaSize(0)],
    ["whose meta is negative", withMetaSize(0xffffffff)],
    ["whose meta has four bytes", withMetaSize(4)],
    [
      "whose meta has 2^64 - 1 bytes",
      bytesOf(ftyp, be(1, 4), "meta", new Uint8Array(8).fill(255)),
    ],
    ["of 2,000 nested boxes", bytesOf(ftyp, nested(2_000))],
    ["without a meta", ftyp],
    ["whose items are 65,535", meta(box("iinf", VERSION, be(65_535, 2)))],
    ["whose places are 2^32 - 1", meta(box("pitm", VERSION, be(1, 2)), places)],
    ["whose item is a grid of itself", heifGrid()],
    ["whose picture is missing", whole],
  ];
  return traps.flatMap(([what, bytes]) =>
    hostiles(DAMAGED, [
      [`avif ${what}`, "image/avif", bytes],
      [`heic ${what}`, "image/heic", rebranded(bytes)],
    ])
  );
}

function heifGrid(): Uint8Array {
  const infe = box("infe", 2, 0, 0, 0, be(1, 2), be(0, 2), "grid", 0);
  const meta = box(
    "meta",
    VERSION,
    box("pitm", VERSION, be(1, 2)),
    box("iinf", VERSION, be(1, 2), infe),
    box("iref", VERSION, box("dimg", be(1, 2), be(1, 2), be(1, 2))),
    box("iprp", box("ipco", ispe(9, 9)), box("ipma", VERSION, be(1, 4), be(1, 2), 1, 1)),
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
  const into = (file: Uint8Array, at: number, block: Uint8Array) =>
    bytesOf(file.subarray(0, at), block, file.subarray(at));
  const inWebp = (type: "EXIF" | "ICCP", block: Uint8Array) => {
    const padded = block.length % 2 === 0 ? block : bytesOf(block, 0);
    const part = bytesOf(type, le(block.length, 4), padded);
    return riff(vp8x(SMALL, type === "EXIF" ? 8 : 32), part);
  };
  const exif: Carrier = (block) =>
    hostiles(DAMAGED, [
      ["jpeg", "image/jpeg", into(jpeg, 2, segment(0xe1, "Exif\0\0", block))],
      ["png", "image/png", into(png, 33, chunk("eXIf", block))],
      ["webp", "image/webp", inWebp("EXIF", block)],
    ]);
  const profile: Carrier = (icc) =>
    hostiles(DAMAGED, [
      ["jpeg", "image/jpeg", into(jpeg, 2, segment(0xe2, "ICC_PROFILE\0", [1, 1], icc))],
      ["png", "image/png", into(png, 33, chunk("iCCP", "x\0", 0, deflateSync(icc)))],
      ["webp", "image/webp", inWebp("ICCP", icc)],
    ]);
  return { exif, profile };
}
