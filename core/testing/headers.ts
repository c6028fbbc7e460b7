/** Hand-made headers of picture files for tests: just the bytes that a header needs, no pixels. */
import { crc32 } from "node:zlib";

/** A byte, a Latin-1 text, or bytes. */
type Part = number | string | ArrayLike<number>;

/** Bytes of numbers, texts (Latin-1) and byte lists, one after another. */
export function bytesOf(...parts: readonly Part[]): Uint8Array {
  const lists = parts.map((part) => {
    if (typeof part === "number") return [part];
    return typeof part === "string" ? Array.from(part, (char) => char.charCodeAt(0)) : part;
  });
  const bytes = new Uint8Array(lists.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const list of lists) {
    bytes.set(list, at);
    at += list.length;
  }
  return bytes;
}

/** A number as big-endian bytes. */
export function be(value: number, bytes: number): number[] {
  return Array.from(
    { length: bytes },
    (_, at) => Math.floor(value / 256 ** (bytes - 1 - at)) % 256,
  );
}

/** A number as little-endian bytes. */
export function le(value: number, bytes: number): number[] {
  return be(value, bytes).reverse();
}

/** How a TIFF structure is laid out; `next` is where its next directory is. */
interface TiffShape {
  readonly order?: "II" | "MM";
  readonly next?: number;
  readonly isBig?: boolean;
}

/** An entry of a TIFF directory. */
export type TiffEntry = readonly [tag: number, type: number, count: number, value: number];

/** A TIFF structure with one directory, in BigTIFF at byte 16, else at byte 8. */
export function tiff(
  entries: readonly TiffEntry[],
  { order = "II", next = 0, isBig = false }: TiffShape = {},
): Uint8Array {
  const number = order === "II" ? le : be;
  const wide = isBig ? 8 : 4;
  const body = entries.flatMap(([tag, type, count, value]) => {
    // Bytes and shorts lie at the front of the field in both orders.
    const bytes = number(value, type === 1 ? 1 : type === 3 ? 2 : wide);
    const rest = Array<number>(wide - bytes.length).fill(0);
    return [...number(tag, 2), ...number(type, 2), ...number(count, wide), ...bytes, ...rest];
  });
  const head = isBig
    ? [number(43, 2), number(8, 2), number(0, 2), number(16, 8), number(entries.length, 8)]
    : [number(42, 2), number(8, 4), number(entries.length, 2)];
  return bytesOf(order, ...head, body, number(next, wide));
}

/** An ICC profile that is called so, in one of the two ways in which versions write it. */
export function icc(name: string, isLocalized = false): Uint8Array {
  const wide = bytesOf(...Array.from(name, (char) => [0, char.charCodeAt(0)]));
  const text = isLocalized
    ? ["mluc", be(0, 4), be(1, 4), be(12, 4), "enUS", be(wide.length, 4), be(28, 4), wide]
    : ["desc", be(0, 4), be(name.length, 4), name];
  const tag = bytesOf(...text);
  const tags = [be(2, 4), "cprt", be(0, 8), "desc", be(156, 4), be(tag.length, 4)];
  return bytesOf(new Uint8Array(36), "acsp", new Uint8Array(88), ...tags, tag);
}

/** A chunk of a RIFF file, padded to an even length. */
export function riffChunk(type: string, ...payload: readonly Part[]): Uint8Array {
  const body = bytesOf(...payload);
  return bytesOf(type, le(body.length, 4), body, body.length % 2 ? [0] : []);
}

/** A WebP of chunks. */
export function webp(...chunks: readonly Uint8Array[]): Uint8Array {
  const body = bytesOf("WEBP", ...chunks);
  return bytesOf("RIFF", le(body.length, 4), body);
}

/** WebP's extended header. */
export function vp8x(flags: number, width: number, height: number): Uint8Array {
  return riffChunk("VP8X", flags, [0, 0, 0], le(width - 1, 3), le(height - 1, 3));
}

/** A JPEG segment. */
export function segment(marker: number, ...payload: readonly Part[]) {
  const body = bytesOf(...payload);
  return bytesOf(0xff, marker, be(body.length + 2, 2), body);
}

/** Sides in pixels, sample depth in bits, and what stands before the picture. */
interface PictureShape {
  readonly width: number;
  readonly height: number;
  readonly depth?: number;
  readonly before?: readonly Uint8Array[];
}

interface JpegShape extends PictureShape {
  readonly components?: number;
  /** The frame's marker. */
  readonly sof?: number;
}

/** A JPEG up to its frame header. */
export function jpeg(
  { width, height, components = 3, before = [], sof = 0xc0, depth = 8 }: JpegShape,
): Uint8Array {
  const sides = [...be(height, 2), ...be(width, 2)];
  const frame = segment(sof, depth, sides, components, new Uint8Array(components * 3));
  return bytesOf(0xff, 0xd8, ...before, frame, segment(0xda, new Uint8Array(10)));
}

/** A PNG chunk with its checksum. */
export function chunk(type: string, ...payload: readonly Part[]) {
  const body = bytesOf(type, ...payload);
  return bytesOf(be(body.length - 4, 4), body, be(crc32(body), 4));
}

/** A PNG up to its pixels. */
export function png(
  { width, height, depth = 8, color = 2, before = [] }: PictureShape & { readonly color?: number },
): Uint8Array {
  const ihdr = chunk("IHDR", be(width, 4), be(height, 4), depth, color, 0, 0, 0);
  return bytesOf(0x89, "PNG\r\n", 0x1a, "\n", ihdr, ...before, chunk("IDAT", [0, 0]));
}

/** A box of the ISO base media file format. */
export function box(type: string, ...payload: readonly Part[]) {
  const body = bytesOf(...payload);
  return bytesOf(be(body.length + 8, 4), type, body);
}

interface HeifShape {
  readonly brand: string;
  /** The coding of the item: `av01`. */
  readonly item: string;
  /** Types of more items, from number 2 on. */
  readonly items?: readonly string[];
  readonly properties: readonly Uint8Array[];
  /** Which item has which property, by its number from 1; item 1 has all of them where it is missing. */
  readonly owners?: Readonly<Record<number, readonly number[]>>;
  /** Boxes that `meta` has beside those that it needs. */
  readonly more?: readonly Uint8Array[];
  /** Media data before `meta`: it begins at byte {@link HEIF_DATA_AT}. */
  readonly data?: Uint8Array;
  /** Whether numbers of items and properties are of the wider kind. */
  readonly isWide?: boolean;
}

/** Version 0 and flags of 0 of a box. */
export const VERSION = [0, 0, 0, 0];

/** Where a {@link heif}'s media data begins. */
export const HEIF_DATA_AT = 28;

/** An AVIF or HEIC of items with the given properties. */
export function heif(
  { brand, item, items = [], properties, owners, more = [], data, isWide = false }: HeifShape,
): Uint8Array {
  const id = (number: number) => be(number, isWide ? 4 : 2);
  const version = (narrow: number, flags = 0) => [isWide ? narrow + 1 : narrow, 0, 0, flags];
  const infes = [item, ...items].map((type, at) =>
    box(
      "infe",
      version(2),
      id(at + 1),
      be(0, 2),
      type === "mime" ? `${type}\0${XMP}\0` : `${type}\0`,
    )
  );
  const owned = Object.entries(owners ?? { 1: properties.map((_, at) => at + 1) });
  const associations = owned.flatMap(([owner, indices]) => [
    ...[...id(Number(owner)), indices.length],
    ...indices.flatMap((index) => isWide ? be(0x8000 | index, 2) : 0x80 | index),
  ]);
  const ipma = box("ipma", version(0, isWide ? 1 : 0), be(owned.length, 4), associations);
  const boxes = [
    box("pitm", version(0), id(1)),
    box("iinf", version(0), id(infes.length), ...infes),
    box("iprp", box("ipco", ...properties), ipma),
    ...more,
  ];
  const media = data === undefined ? [] : [box("mdat", data)];
  return bytesOf(box("ftyp", brand, be(0, 4), "mif1"), ...media, box("meta", VERSION, ...boxes));
}

const XMP = "application/rdf+xml";

/** `ispe`: a picture's size. */
export function ispe(width: number, height: number): Uint8Array {
  return box("ispe", VERSION, be(width, 4), be(height, 4));
}

/** `iref`: which item refers to which others, and how. */
export function iref(...references: readonly (readonly [string, number, ...number[]])[]) {
  return box(
    "iref",
    VERSION,
    ...references.map(([type, from, ...to]) =>
      box(type, be(from, 2), be(to.length, 2), to.flatMap((item) => be(item, 2)))
    ),
  );
}

/** `iloc` of a version: where items lie, each in one piece; half of each offset is the item's base. */
export function iloc(
  items: readonly (readonly [item: number, offset: number, length: number])[],
  version = 0,
): Uint8Array {
  const wide = version < 2 ? 2 : 4;
  const places = items.map(([item, offset, length]) => {
    const base = offset >> 1;
    const method = version === 0 ? [] : be(0, 2);
    const index = version === 0 ? [] : be(0, 4);
    const extent = [index, be(offset - base, 4), be(length, 4)];
    return bytesOf(be(item, wide), method, be(0, 2), be(base, 8), be(1, 2), ...extent);
  });
  const head = [[version, 0, 0, 0], be(version === 0 ? 0x4480 : 0x4484, 2)];
  return box("iloc", ...head, be(items.length, wide), ...places);
}
