/** The frames of an AVIF image sequence: a track of AV1 samples, perhaps beside one of alpha (ISO/IEC 14496-12, section 8). */
import { type Box, boxesIn, Cursor, findBox } from "./_boxes.ts";
import { type Track, tracksOf } from "./_film.ts";
import { ProbeReader } from "./_reader.ts";
import { type CodedLayer, codePointsOf } from "./heif_layers.ts";

/** A film, frame by frame. */
export interface HeifSequence {
  /** One tile a frame. */
  readonly color: CodedLayer;
  readonly alpha: CodedLayer | undefined;
  /** How long each frame is shown, in milliseconds. */
  readonly delaysMs: readonly number[];
}

/** Frames of a sequence that is taken apart; the guard has refused far fewer. */
const MAX_SAMPLES = 10_000;
/** Bytes of a visual sample entry before its boxes, and where its size lies (section 12.1.3). */
const [ENTRY_BYTES, ENTRY_SIZE_AT] = [78, 24];

/** The frames of a whole AVIF file; undefined where it has none, or not as encoders write them. Throws as the probe. */
export function heifSequence(bytes: Uint8Array): HeifSequence | undefined {
  const tracks = tracksOf(new ProbeReader(bytes));
  const picture = tracks.find(({ handler }) => handler === "pict");
  const mask = tracks.find(({ handler }) => handler === "auxv");
  const color = picture && layerOf(bytes, picture);
  const alpha = mask && layerOf(bytes, mask);
  if (picture === undefined || color === undefined) return undefined;
  const isAlike = alpha?.width === color.width && alpha.height === color.height &&
    alpha.tiles.length === color.tiles.length;
  if (mask !== undefined && !isAlike) return undefined;
  return { color, alpha, delaysMs: delaysOf(picture, color.tiles.length) };
}

function layerOf(bytes: Uint8Array, { tables }: Track): CodedLayer | undefined {
  const entry = findBox(boxesIn((findBox(tables, "stsd") ?? new Uint8Array()).subarray(8)), "av01");
  const properties = entry === undefined ? [] : boxesIn(entry.subarray(ENTRY_BYTES));
  const configuration = findBox(properties, "av1C");
  const tiles = samplesIn(bytes, tables);
  if (entry === undefined || configuration === undefined || tiles === undefined) return undefined;
  const size = new Cursor(entry, ENTRY_SIZE_AT);
  const [width, height] = [size.uint(2), size.uint(2)];
  return {
    ...{ coding: "av1", configuration, tiles, codePoints: codePointsOf(properties) },
    ...{ width, height, tileWidth: width, tileHeight: height },
  };
}

/** Each sample's bytes: chunks lie anywhere, the samples of one behind one another. */
function samplesIn(bytes: Uint8Array, tables: readonly Box[]): Uint8Array[] | undefined {
  const [sizes, places] = [findBox(tables, "stsz"), findBox(tables, "stco")];
  const wide = findBox(tables, "co64");
  const offsets = places ?? wide;
  if (sizes === undefined || offsets === undefined) return undefined;
  const [size, place] = [new Cursor(sizes, 4), new Cursor(offsets, 4)];
  const [same, count] = [size.uint(4), size.uint(4)];
  if (count > MAX_SAMPLES) return undefined;
  const samples: Uint8Array[] = [];
  const perChunk = chunkLengths(tables);
  const chunks = place.uint(4);
  for (let chunk = 1; chunk <= chunks && samples.length < count; chunk += 1) {
    let at = place.uint(places === undefined ? 8 : 4);
    for (let left = perChunk(chunk); left > 0 && samples.length < count; left -= 1) {
      const length = same === 0 ? size.uint(4) : same;
      if (length === 0 || at + length > bytes.length) return undefined;
      samples.push(bytes.subarray(at, at + length));
      at += length;
    }
  }
  return samples.length === count ? samples : undefined;
}

/** How many samples a chunk has, by its number: a line of the table holds until the next one. */
function chunkLengths(tables: readonly Box[]): (chunk: number) => number {
  const lines = rowsOf(findBox(tables, "stsc"), 3);
  return (chunk) => lines.findLast(([first = 0]) => first <= chunk)?.[1] ?? 0;
}

function delaysOf({ tables, timescale }: Track, count: number): number[] {
  const delays: number[] = [];
  for (const [times = 0, ticks = 0] of rowsOf(findBox(tables, "stts"), 2)) {
    const delayMs = Math.round(1_000 * ticks / Math.max(1, timescale));
    for (let left = times; left > 0 && delays.length < count; left -= 1) delays.push(delayMs);
  }
  return delays;
}

/** The lines of a table of 32-bit numbers behind its own count. */
function rowsOf(table: Uint8Array | undefined, columns: number): number[][] {
  if (table === undefined) return [];
  const cursor = new Cursor(table, 4);
  const count = Math.min(cursor.uint(4), MAX_SAMPLES);
  return Array.from({ length: count }, () => Array.from({ length: columns }, () => cursor.uint(4)));
}
