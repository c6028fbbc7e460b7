import type { ColorSpace } from "../../model/insights.ts";
import { ImageRejected } from "../../model/reject_reason.ts";
import { iccName, profileColor } from "./_icc_name.ts";
import { type IfdEntry, offsetAt, orientationOf, readIfdEntries, type TiffLayout } from "./_ifd.ts";
import { type ByteRange, type FormatFacts, latin1, ProbeReader, viewOf } from "./_reader.ts";

type Entries = ReadonlyMap<number, IfdEntry>;

/** Tags of TIFF 6.0 and its registered additions. */
const TAG = {
  width: 256,
  height: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  samplesPerPixel: 277,
  planarConfiguration: 284,
  tileWidth: 322,
  stripOffsets: 273,
  stripByteCounts: 279,
  tileOffsets: 324,
  tileByteCounts: 325,
  extraSamples: 338,
  sampleFormat: 339,
  xmp: 700,
  iccProfile: 34_675,
  dngVersion: 50_706,
  contentCredentials: 52_545,
} as const;

/** Old-style JPEG, which nobody decodes alike (TIFF Technical Note 2), is not among them. */
const COMPRESSIONS: Readonly<Record<number, string>> = {
  1: "none",
  2: "bilevel",
  3: "bilevel",
  4: "bilevel",
  5: "LZW",
  7: "JPEG",
  8: "Deflate",
  32_773: "PackBits",
  32_946: "Deflate",
  50_001: "WebP",
};

interface TiffColor {
  readonly colorSpace: ColorSpace;
  /** Samples a pixel without extra ones. */
  readonly colors: number;
  readonly depths: readonly number[];
}

const GREY: TiffColor = { colorSpace: "grey", colors: 1, depths: [1, 2, 4, 8, 16] };

/** Photometric interpretations that are decoded as others decode them (TIFF 6.0, section 8 and 16 to 23). */
const COLORS: Readonly<Record<number, TiffColor>> = {
  0: GREY,
  1: GREY,
  2: { colorSpace: "rgb", colors: 3, depths: [8, 16] },
  3: { colorSpace: "palette", colors: 1, depths: [1, 2, 4, 8] },
  5: { colorSpace: "cmyk", colors: 4, depths: [8, 16] },
  6: { colorSpace: "yuv", colors: 3, depths: [8] },
};

/** Of unsigned samples (TIFF 6.0, section 19). */
const UNSIGNED = 1;
/** Extra samples that are alpha, associated or not; 0 is anything (TIFF 6.0, section 18). */
const ALPHA_SAMPLES = [1, 2];
const SEPARATE_PLANES = 2;

const MAX_ENTRIES = 4_096;
const MAX_ICC_BYTES = 1_048_576;
const MAX_COUNTED_PAGES = 10_000;
/** Strips of one row each, of the longest side that is taken, are fewer. */
const MAX_NUMBERS = 100_000;
/** Bytes of a whole number by its type (TIFF 6.0, section 2; BigTIFF). */
const NUMBER_BYTES: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 16: 8 };

/** Reads the first directory of a TIFF or BigTIFF file, wherever it lies. */
export function tiffProbe(reader: ProbeReader): FormatFacts {
  const { entries, layout, firstAt, nextAt } = firstDirectory(reader);
  const frames = countPages(reader, [firstAt, nextAt], layout);
  return {
    header: { ...headerOf(reader, entries, layout), frames },
    exif: { offset: 0, length: reader.size },
    iccBytes: entries.get(TAG.iccProfile)?.count,
    xmp: blockOf(entries.get(TAG.xmp)),
    jumbf: [blockOf(entries.get(TAG.contentCredentials))].filter((range) => range !== undefined),
  };
}

function firstDirectory(reader: ProbeReader) {
  const head = reader.view(0, 8);
  const isLittleEndian = head.getUint8(0) === 0x49;
  const isBig = head.getUint16(2, isLittleEndian) === 43;
  const layout = { isLittleEndian, isBig };
  const firstAt = isBig ? offsetAt(reader.view(8, 8), 0, layout) : offsetAt(head, 4, layout);
  if (latin1(reader.bytes(8, 2)) === "CR" && !isBig) {
    throw new ImageRejected("unsupported_type", "it is a camera's raw file");
  }
  const { range, nextAt } = directoryRange(reader, firstAt, layout);
  const entries = readIfdEntries(reader.bytes(range.offset, range.length), layout);
  return { entries, layout, firstAt, nextAt };
}

/** Where the bytes of an entry lie; undefined for what fits the entry itself. */
function blockOf(entry: IfdEntry | undefined): ByteRange | undefined {
  if (entry === undefined || entry.isInline) return undefined;
  return { offset: entry.offset, length: entry.count };
}

/** Where a directory's entries lie and where the next directory is: entries of later pages are not looked at. */
function directoryRange(reader: ProbeReader, at: number, layout: TiffLayout) {
  if (at < 8) throw new ImageRejected("corrupt", `its directory is at byte ${at}`);
  const { isLittleEndian, isBig } = layout;
  const countBytes = isBig ? 8 : 2;
  const view = reader.view(at, countBytes);
  const count = isBig ? offsetAt(view, 0, layout) : view.getUint16(0, isLittleEndian);
  if (count < 1 || count > MAX_ENTRIES) {
    throw new ImageRejected("corrupt", `its directory has ${count} entries`);
  }
  const range = { offset: at + countBytes, length: count * (isBig ? 20 : 12) };
  const nextAt = nextDirectoryAt(reader, range.offset + range.length, layout);
  return { range, nextAt };
}

/** The offset behind a directory, 0 where the file ends instead: old writers leave it out. */
function nextDirectoryAt(reader: ProbeReader, at: number, layout: TiffLayout) {
  const bytes = layout.isBig ? 8 : 4;
  return at + bytes > reader.size ? 0 : offsetAt(reader.view(at, bytes), 0, layout);
}

function countPages(
  reader: ProbeReader,
  [firstAt, nextAt]: readonly [number, number],
  layout: TiffLayout,
): number {
  const seen = new Set([firstAt]);
  for (let at = nextAt; at !== 0 && seen.size < MAX_COUNTED_PAGES;) {
    // The first page is there, whatever follows: circles and broken directories end the counting.
    if (seen.has(at) || reader.held(at, 2) === undefined) break;
    reader.step();
    seen.add(at);
    at = nextPageAt(reader, at, layout);
  }
  return seen.size;
}

/** The directory behind a later one, 0 where that is broken. */
function nextPageAt(reader: ProbeReader, at: number, layout: TiffLayout): number {
  try {
    return directoryRange(reader, at, layout).nextAt;
  } catch {
    return 0;
  }
}

function headerOf(
  reader: ProbeReader,
  entries: Entries,
  layout: TiffLayout,
): Omit<FormatFacts["header"], "frames"> {
  if (entries.has(TAG.dngVersion)) throw unsupported("a camera's raw file (DNG)");
  const numbers = (tag: number) => numbersOf(reader, entries.get(tag), layout);
  const color = colorOf(entries, numbers);
  const channels = entries.get(TAG.samplesPerPixel)?.value ?? 1;
  const [extra = 0] = numbers(TAG.extraSamples);
  const [bitDepth = 1] = numbers(TAG.bitsPerSample);
  const name = profileName(reader, entries);
  return {
    width: entries.get(TAG.width)?.value ?? 0,
    height: entries.get(TAG.height)?.value ?? 0,
    bitDepth,
    channels,
    hasAlpha: channels === color.colors + 1 && ALPHA_SAMPLES.includes(extra),
    colorSpace: color.colorSpace,
    orientation: orientationOf(entries),
    iccName: name,
    color: profileColor(name),
  };
}

/** The colours of a variant that is taken; throws `unsupported_type` for every other one. */
function colorOf(
  entries: Entries,
  numbers: (tag: number) => readonly number[],
): TiffColor {
  const photometric = entries.get(TAG.photometric)?.value;
  const compression = entries.get(TAG.compression)?.value ?? 1;
  const color = COLORS[photometric ?? -1];
  const coding = COMPRESSIONS[compression];
  const samples = entries.get(TAG.samplesPerPixel)?.value ?? 1;
  if (photometric === undefined) throw new ImageRejected("corrupt", "it names no colours");
  if (color === undefined) throw unsupported(`TIFF of photometric interpretation ${photometric}`);
  if (coding === undefined) throw unsupported(`TIFF of compression ${compression}`);
  if (photometric === 6 && coding !== "JPEG") throw unsupported("TIFF of YCbCr without JPEG");
  if (samples < color.colors || samples > Math.min(4, color.colors + 1)) {
    throw unsupported(`TIFF of ${samples} samples a pixel`);
  }
  const depths = numbers(TAG.bitsPerSample);
  const [depth = 1] = depths;
  const isEven = depths.slice(0, samples).every((other) => other === depth);
  if (!isEven || !color.depths.includes(depth) || (coding === "bilevel" && depth !== 1)) {
    throw unsupported(`TIFF of ${depths.slice(0, 8).join(", ")} bits a sample`);
  }
  const formats = numbers(TAG.sampleFormat);
  if (formats.some((format) => format !== UNSIGNED)) throw unsupported("TIFF of signed samples");
  const isSeparate = entries.get(TAG.planarConfiguration)?.value === SEPARATE_PLANES;
  if (isSeparate && samples > 1 && entries.has(TAG.tileWidth)) {
    throw unsupported("TIFF of separate planes in tiles");
  }
  return color;
}

function unsupported(what: string): ImageRejected {
  return new ImageRejected("unsupported_type", `it is ${what}`);
}

/** The whole numbers of an entry, at most a hundred thousand; none without the entry. */
function numbersOf(
  reader: ProbeReader,
  entry: IfdEntry | undefined,
  layout: TiffLayout,
): readonly number[] {
  if (entry === undefined) return [];
  const width = NUMBER_BYTES[entry.type] ?? 2;
  const count = Math.min(entry.count, MAX_NUMBERS);
  const view = entry.isInline ? viewOf(entry.bytes) : reader.view(entry.offset, count * width);
  return Array.from({ length: count }, (_, at) => {
    if (width === 1) return view.getUint8(at);
    if (width === 2) return view.getUint16(at * 2, layout.isLittleEndian);
    return offsetAt(view, at * width, { ...layout, isBig: width === 8 });
  });
}

function profileName(reader: ProbeReader, entries: Entries): string | undefined {
  const range = blockOf(entries.get(TAG.iccProfile));
  if (range === undefined || range.length > MAX_ICC_BYTES) return undefined;
  // A name is not worth a rejection: a profile beyond the file has none.
  const profile = reader.held(range.offset, range.length);
  return profile === undefined ? undefined : iccName(profile);
}

/** Whether the strips or tiles of a whole file's first page lie within it. */
export function areStripsWhole(bytes: Uint8Array): boolean {
  const reader = new ProbeReader(bytes);
  const { entries, layout } = firstDirectory(reader);
  const listOf = (strips: number, tiles: number) =>
    numbersOf(reader, entries.get(strips) ?? entries.get(tiles), layout);
  const offsets = listOf(TAG.stripOffsets, TAG.tileOffsets);
  const lengths = listOf(TAG.stripByteCounts, TAG.tileByteCounts);
  return offsets.every((offset, at) => offset + (lengths[at] ?? 0) <= bytes.length);
}
