/** What a native decoder needs of a HEIF file: the coded tiles of the picture and of its alpha, and what is cut off. */
import { type Box, Cursor, findBox } from "./_boxes.ts";
import { type HeifMeta, readHeifMeta } from "./_heif_meta.ts";
import { latin1, ProbeReader } from "./_reader.ts";
import { findMeta } from "./_top_boxes.ts";
import { isAlphaItem } from "./heif.ts";

/** A rectangle of stored pixels. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** How samples become colours (ITU-T H.273: matrix coefficients and full range). */
interface CodePoints {
  readonly matrix: number;
  readonly isFullRange: boolean;
}

/** A picture as it is coded: tiles of one size, row by row; the last ones reach over its edges. */
export interface CodedLayer {
  readonly coding: "hevc" | "av1";
  /** The decoder configuration record: `hvcC` or `av1C`. */
  readonly configuration: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
  readonly tiles: readonly Uint8Array[];
  /** Of the file; the coded stream's own where there are none. */
  readonly codePoints: CodePoints | undefined;
}

/** A still picture, before it is turned. */
export interface HeifLayers {
  readonly color: CodedLayer;
  readonly alpha: CodedLayer | undefined;
  /** What is shown of the stored pixels. */
  readonly crop: Rectangle;
}

const CODINGS: Readonly<Record<string, readonly [CodedLayer["coding"], configuration: string]>> = {
  hvc1: ["hevc", "hvcC"],
  av01: ["av1", "av1C"],
};

/** Layers of one picture that are decoded by choice. */
const LAYERED = ["a1op", "a1lx", "lsel"];

/**
 * The layers of a whole HEIF file whose picture is one coded item or a grid of them; undefined where it is made in another
 * way, which a general library has to decode. Throws as the probe.
 */
export function heifLayers(bytes: Uint8Array): HeifLayers | undefined {
  const file: HeifFile = { bytes, meta: readHeifMeta(findMeta(new ProbeReader(bytes))) };
  const { primary } = file.meta;
  const color = layerOf(file, primary, tilesOf(file.meta, primary));
  const crop = color === undefined ? undefined : cropOf(propertiesOf(file.meta, primary), color);
  if (color === undefined || crop === undefined) return undefined;
  const masks = masksOf(file.meta);
  if (masks === undefined) return { color, alpha: undefined, crop };
  const alpha = layerOf(file, masks.item, masks.tiles);
  return alpha === undefined ? undefined : { color, alpha, crop };
}

interface HeifFile {
  readonly bytes: Uint8Array;
  readonly meta: HeifMeta;
}

function propertiesOf({ properties }: HeifMeta, item: number): readonly Box[] {
  return properties.get(item) ?? [];
}

function tilesOf({ types, references }: HeifMeta, item: number): readonly number[] {
  if (types.get(item) !== "grid") return [item];
  return references.find(({ type, from }) => type === "dimg" && from === item)?.to ?? [];
}

/** The items that hold alpha: one for the whole picture, or one for each of its tiles. */
function masksOf(meta: HeifMeta): { item: number; tiles: readonly number[] } | undefined {
  const masks = new Map<number, number>();
  for (const { type, from, to } of meta.references) {
    if (type !== "auxl" || !isAlphaItem(meta, from)) continue;
    for (const item of to) masks.set(item, from);
  }
  const whole = masks.get(meta.primary);
  if (whole !== undefined) return { item: whole, tiles: tilesOf(meta, whole) };
  const tiles = tilesOf(meta, meta.primary).flatMap((tile) => masks.get(tile) ?? []);
  return tiles.length === 0 ? undefined : { item: meta.primary, tiles };
}

function layerOf(
  { bytes, meta }: HeifFile,
  item: number,
  items: readonly number[],
): CodedLayer | undefined {
  const tile = propertiesOf(meta, items[0] ?? -1);
  const [coding, record] = CODINGS[meta.types.get(items[0] ?? -1) ?? ""] ?? [];
  const configuration = findBox(tile, record ?? "");
  const [whole, part] = [sizeOf(propertiesOf(meta, item)), sizeOf(tile)];
  if (coding === undefined || configuration === undefined || !whole || !part) return undefined;
  const tiles = items.flatMap((each) => {
    const range = meta.locations.get(each);
    const isAlike = propertiesOf(meta, each).every((box) => !LAYERED.includes(box.type)) &&
      findBox(propertiesOf(meta, each), record ?? "") === configuration;
    return range === undefined || range.length === 0 || !isAlike
      ? []
      : [bytes.subarray(range.offset, range.offset + range.length)];
  });
  const count = Math.ceil(whole.width / part.width) * Math.ceil(whole.height / part.height);
  if (tiles.length !== items.length || tiles.length !== count) return undefined;
  return {
    coding,
    configuration,
    ...whole,
    tileWidth: part.width,
    tileHeight: part.height,
    tiles,
    codePoints: codePointsOf(propertiesOf(meta, item)) ?? codePointsOf(tile),
  };
}

function sizeOf(properties: readonly Box[]): { width: number; height: number } | undefined {
  const ispe = findBox(properties, "ispe");
  if (ispe === undefined) return undefined;
  const cursor = new Cursor(ispe, 4);
  const [width, height] = [cursor.uint(4), cursor.uint(4)];
  return width > 0 && height > 0 ? { width, height } : undefined;
}

/** The code points that a picture's properties give. */
export function codePointsOf(properties: readonly Box[]): CodePoints | undefined {
  const box = properties.find(({ type, payload }) =>
    type === "colr" && latin1(payload.subarray(0, 4)) === "nclx"
  );
  if (box === undefined) return undefined;
  const cursor = new Cursor(box.payload, 8);
  return { matrix: cursor.uint(2), isFullRange: cursor.uint(1) >= 128 };
}

/**
 * What `clap` shows (ISO/IEC 14496-12, section 12.1.4), whole pixels; all without one. Undefined where it reaches outside or
 * comes after a turn, against MIAF's order.
 */
function cropOf(properties: readonly Box[], whole: CodedLayer): Rectangle | undefined {
  const { width, height } = whole;
  const at = properties.findIndex(({ type }) => type === "clap");
  const clap = properties[at];
  if (clap === undefined) return { left: 0, top: 0, width, height };
  const cursor = new Cursor(clap.payload);
  const [shownWidth, shownHeight, x, y] = Array.from({ length: 4 }, () => {
    const [above, below] = [cursor.uint(4) | 0, cursor.uint(4)];
    return above / below;
  }) as [number, number, number, number];
  const rectangle = {
    left: Math.round((width - shownWidth) / 2 + x),
    top: Math.round((height - shownHeight) / 2 + y),
    width: Math.round(shownWidth),
    height: Math.round(shownHeight),
  };
  const isInside = rectangle.left >= 0 && rectangle.left + rectangle.width <= width &&
    rectangle.top >= 0 && rectangle.top + rectangle.height <= height;
  const isFirst = properties.slice(0, at).every(({ type }) => type !== "irot" && type !== "imir");
  return isInside && isFirst && rectangle.width > 0 && rectangle.height > 0 ? rectangle : undefined;
}
