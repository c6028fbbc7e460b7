import type { ColorSpace } from "../../model/insights.ts";
import { ImageRejected } from "../../model/reject_reason.ts";
import { iccName } from "./_icc_name.ts";
import { type IfdEntry, offsetAt, orientationOf, readIfdEntries, type TiffLayout } from "./_ifd.ts";
import { type FormatFacts, latin1, type ProbeReader } from "./_reader.ts";

type Entries = ReadonlyMap<number, IfdEntry>;

/** Tags of TIFF 6.0 and its registered additions. */
const TAG = {
  width: 256,
  height: 257,
  bitsPerSample: 258,
  photometric: 262,
  samplesPerPixel: 277,
  extraSamples: 338,
  iccProfile: 34_675,
  dngVersion: 50_706,
} as const;

/** Photometric interpretations that the decoders take (TIFF 6.0, section 8 and 16 to 23). */
const COLOR_SPACES: Readonly<Record<number, ColorSpace>> = {
  0: "grey",
  1: "grey",
  2: "rgb",
  3: "palette",
  5: "cmyk",
  6: "yuv",
  8: "lab",
};

const MAX_ENTRIES = 4_096;
const MAX_ICC_BYTES = 1_048_576;
const MAX_COUNTED_PAGES = 10_000;

/** Reads the first directory of a TIFF or BigTIFF file, wherever it lies; pages are counted as far as bytes are at hand. */
export async function tiffProbe(reader: ProbeReader): Promise<FormatFacts> {
  const head = await reader.view(0, 8);
  const isLittleEndian = head.getUint8(0) === 0x49;
  const isBig = head.getUint16(2, isLittleEndian) === 43;
  const layout = { isLittleEndian, isBig };
  const firstAt = isBig ? offsetAt(await reader.view(8, 8), 0, layout) : offsetAt(head, 4, layout);
  if (latin1(await reader.bytes(8, 2)) === "CR" && !isBig) {
    throw new ImageRejected("unsupported_type", "it is a camera's raw file");
  }
  const { range, nextAt } = await directoryRange(reader, firstAt, layout);
  const entries = readIfdEntries(await reader.bytes(range.offset, range.length), layout);
  const frames = await countPages(reader, [firstAt, nextAt], layout);
  return {
    header: { ...await headerOf(reader, entries, layout), frames },
    exif: { offset: 0, length: reader.size },
    iccBytes: entries.get(TAG.iccProfile)?.count,
  };
}

/** Where a directory's entries lie and where the next directory is: entries of later pages are not looked at. */
async function directoryRange(reader: ProbeReader, at: number, layout: TiffLayout) {
  if (at < 8) throw new ImageRejected("corrupt", `its directory is at byte ${at}`);
  const { isLittleEndian, isBig } = layout;
  const countBytes = isBig ? 8 : 2;
  const view = await reader.view(at, countBytes);
  const count = isBig ? offsetAt(view, 0, layout) : view.getUint16(0, isLittleEndian);
  if (count < 1 || count > MAX_ENTRIES) {
    throw new ImageRejected("corrupt", `its directory has ${count} entries`);
  }
  const range = { offset: at + countBytes, length: count * (isBig ? 20 : 12) };
  const nextAt = await nextDirectoryAt(reader, range.offset + range.length, layout);
  return { range, nextAt };
}

/** The offset behind a directory, 0 where the file ends instead: old writers leave it out. */
async function nextDirectoryAt(reader: ProbeReader, at: number, layout: TiffLayout) {
  const bytes = layout.isBig ? 8 : 4;
  return at + bytes > reader.size ? 0 : offsetAt(await reader.view(at, bytes), 0, layout);
}

async function countPages(
  reader: ProbeReader,
  [firstAt, nextAt]: readonly [number, number],
  layout: TiffLayout,
): Promise<number> {
  const seen = new Set([firstAt]);
  for (let at = nextAt; at !== 0 && seen.size < MAX_COUNTED_PAGES;) {
    if (seen.has(at)) throw new ImageRejected("corrupt", "its directories go in a circle");
    if (reader.held(at, 2) === undefined) break;
    reader.step();
    seen.add(at);
    at = (await directoryRange(reader, at, layout)).nextAt;
  }
  return seen.size;
}

async function headerOf(
  reader: ProbeReader,
  entries: Entries,
  layout: TiffLayout,
): Promise<Omit<FormatFacts["header"], "frames">> {
  const photometric = entries.get(TAG.photometric)?.value ?? 1;
  const colorSpace = COLOR_SPACES[photometric];
  if (colorSpace === undefined || entries.has(TAG.dngVersion)) {
    const detail = `TIFF of photometric interpretation ${photometric}`;
    throw new ImageRejected("unsupported_type", detail);
  }
  return {
    width: entries.get(TAG.width)?.value ?? 0,
    height: entries.get(TAG.height)?.value ?? 0,
    bitDepth: await bitDepthOf(reader, entries, layout),
    channels: entries.get(TAG.samplesPerPixel)?.value ?? 1,
    hasAlpha: entries.has(TAG.extraSamples),
    colorSpace,
    orientation: orientationOf(entries),
    iccName: await profileName(reader, entries),
  };
}

async function bitDepthOf(reader: ProbeReader, entries: Entries, layout: TiffLayout) {
  const entry = entries.get(TAG.bitsPerSample);
  if (entry === undefined) return 1;
  if (entry.isInline) return entry.value;
  return (await reader.view(entry.offset, 2)).getUint16(0, layout.isLittleEndian);
}

async function profileName(reader: ProbeReader, entries: Entries): Promise<string | undefined> {
  const entry = entries.get(TAG.iccProfile);
  if (entry === undefined || entry.isInline || entry.count > MAX_ICC_BYTES) return undefined;
  // A name is not worth a rejection: a profile beyond the file or the reads that are left has none.
  const isNear = reader.mayRead && entry.offset + entry.count <= reader.size;
  return isNear ? iccName(await reader.bytes(entry.offset, entry.count)) : undefined;
}
