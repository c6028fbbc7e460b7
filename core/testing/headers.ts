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
}

/** A TIFF structure with one directory at byte 8; entries are [tag, type, count, value]. */
export function tiff(
  entries: readonly (readonly [number, number, number, number])[],
  { order = "II", next = 0 }: TiffShape = {},
): Uint8Array {
  const number = order === "II" ? le : be;
  const body = entries.flatMap(([tag, type, count, value]) => [
    ...number(tag, 2),
    ...number(type, 2),
    ...number(count, 4),
    // Shorts lie at the front of the field in both orders.
    ...(type === 3 ? [...number(value, 2), 0, 0] : number(value, 4)),
  ]);
  const head = [number(42, 2), number(8, 4), number(entries.length, 2)];
  return bytesOf(order, ...head, body, number(next, 4));
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
  /** The item's coding: `av01`. */
  readonly item: string;
  readonly properties: readonly Uint8Array[];
  /** Which item has which property; the item has all of them where it is missing. */
  readonly ipma?: Uint8Array;
  /** Boxes that `meta` has beside those that it needs. */
  readonly more?: readonly Uint8Array[];
}

/** Version 0 and flags of 0 of a box. */
export const VERSION = [0, 0, 0, 0];

/** An AVIF or HEIC of one item with the given properties, without media data. */
export function heif({ brand, item, properties, ipma, more = [] }: HeifShape): Uint8Array {
  const infe = box("infe", 2, 0, 0, 0, be(1, 2), be(0, 2), item, 0);
  const indices = properties.map((_, at) => at + 1);
  const all = box("ipma", VERSION, be(1, 4), be(1, 2), properties.length, indices);
  const items = [box("pitm", VERSION, be(1, 2)), box("iinf", VERSION, be(1, 2), infe)];
  const iprp = box("iprp", box("ipco", ...properties), ipma ?? all);
  return bytesOf(
    box("ftyp", brand, be(0, 4), "mif1"),
    box("meta", VERSION, ...items, iprp, ...more),
  );
}

/** `ispe`: a picture's size. */
export function ispe(width: number, height: number): Uint8Array {
  return box("ispe", VERSION, be(width, 4), be(height, 4));
}
