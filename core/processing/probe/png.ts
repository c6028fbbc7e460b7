import type { ColorSpace } from "../../model/insights.ts";
import { ImageRejected } from "../../model/reject_reason.ts";
import { printable } from "./_icc_name.ts";
import { PngColors } from "./_png_color.ts";
import { exifOrientation } from "./_ifd.ts";
import { type ByteRange, type FormatFacts, latin1, type ProbeReader, viewOf } from "./_reader.ts";

interface PngColor {
  readonly channels: number;
  readonly colorSpace: ColorSpace;
  readonly depths: readonly number[];
  readonly hasAlpha: boolean;
}

/** Colour types and the bit depths that each allows (PNG, third edition, table 9). */
const COLOR_TYPES: Readonly<Record<number, PngColor>> = {
  0: { channels: 1, colorSpace: "grey", depths: [1, 2, 4, 8, 16], hasAlpha: false },
  2: { channels: 3, colorSpace: "rgb", depths: [8, 16], hasAlpha: false },
  3: { channels: 1, colorSpace: "palette", depths: [1, 2, 4, 8], hasAlpha: false },
  4: { channels: 2, colorSpace: "grey", depths: [8, 16], hasAlpha: true },
  6: { channels: 4, colorSpace: "rgb", depths: [8, 16], hasAlpha: true },
};

const MAX_EXIF_BYTES = 1_048_576;
const MAX_COLOR_BYTES = 65_536;
/** Chunks behind the first pixels that are looked at. */
const MAX_LATER_CHUNKS = 10_000;

const XMP_KEYWORD = "XML:com.adobe.xmp\0";
/** Bytes of the keyword, its zero, no compression, and no language. */
const XMP_HEAD_BYTES = XMP_KEYWORD.length + 4;

interface Found {
  frames: number;
  isAnimated: boolean;
  hasTransparency: boolean;
  iccName?: string | undefined;
  iccBytes?: number;
  exif?: ByteRange;
  xmp?: ByteRange;
  jumbf: readonly ByteRange[];
  orientation: number;
  readonly colors: PngColors;
}

/** Reads PNG's and APNG's chunks up to the pixels. */
export function pngProbe(reader: ProbeReader): FormatFacts {
  const ihdr = reader.bytes(8, 25);
  if (latin1(ihdr.subarray(4, 8)) !== "IHDR" || viewOf(ihdr).getUint32(0) !== 13) {
    throw new ImageRejected("corrupt", "its first chunk is not IHDR");
  }
  const view = viewOf(ihdr.subarray(8));
  const bitDepth = view.getUint8(8);
  const color = COLOR_TYPES[view.getUint8(9)];
  if (color === undefined || !color.depths.includes(bitDepth)) {
    throw new ImageRejected("corrupt", `colour type ${view.getUint8(9)} of ${bitDepth} bits`);
  }
  const found = readChunks(reader);
  return {
    header: {
      width: view.getUint32(0),
      height: view.getUint32(4),
      frames: Math.max(1, found.frames),
      bitDepth,
      channels: color.channels,
      hasAlpha: color.hasAlpha || found.hasTransparency,
      colorSpace: color.colorSpace,
      orientation: found.orientation,
      iccName: found.iccName,
      color: found.colors.stored(found.iccBytes === undefined ? undefined : found.iccName ?? ""),
    },
    exif: found.exif,
    iccBytes: found.iccBytes,
    xmp: found.xmp,
    jumbf: found.jumbf,
  };
}

/** Chunks up to the pixels; behind them, only text and the frames of an animation. */
function readChunks(reader: ProbeReader): Found {
  const found: Found = {
    frames: 0,
    isAnimated: false,
    hasTransparency: false,
    jumbf: [],
    orientation: 1,
    colors: new PngColors(),
  };
  for (let at = 33;;) {
    reader.step();
    const { type, range } = chunkOf(reader.bytes(at, 8), at);
    if (type === "IDAT") {
      readHeldChunks(reader, at, found);
      return found;
    }
    if (type === "IEND") throw new ImageRejected("corrupt", "it has no pixels");
    if (range.length > 0x7fffffff) {
      throw new ImageRejected("corrupt", `a chunk of ${range.length} bytes`);
    }
    readChunk(reader, type, range, found);
    readHeldChunk(reader, type, range, found);
    at = range.offset + range.length + 4;
  }
}

function chunkOf(head: Uint8Array, at: number) {
  const length = viewOf(head).getUint32(0);
  return { type: latin1(head.subarray(4, 8)), range: { offset: at + 8, length } };
}

function readHeldChunks(reader: ProbeReader, from: number, found: Found): void {
  for (let at = from, left = MAX_LATER_CHUNKS; left > 0; left -= 1) {
    const head = reader.held(at, 8);
    if (head === undefined) return;
    const { type, range } = chunkOf(head, at);
    readHeldChunk(reader, type, range, found);
    at = range.offset + range.length + 4;
  }
}

function readHeldChunk(reader: ProbeReader, type: string, range: ByteRange, found: Found): void {
  const { offset, length } = range;
  // How many frames `acTL` says is worth nothing: what is there is counted.
  if (type === "fcTL" && found.isAnimated) found.frames += 1;
  if (type === "caBX") found.jumbf = [range];
  if (type !== "iTXt" || length < XMP_HEAD_BYTES) return;
  const keyword = reader.held(offset, XMP_KEYWORD.length);
  if (keyword === undefined || latin1(keyword) !== XMP_KEYWORD) return;
  found.xmp = { offset: offset + XMP_HEAD_BYTES, length: length - XMP_HEAD_BYTES };
}

function readChunk(
  reader: ProbeReader,
  type: string,
  range: ByteRange,
  found: Found,
): void {
  const { offset, length } = range;
  if (type === "tRNS") found.hasTransparency = true;
  if (type === "acTL") found.isAnimated = true;
  if (type === "iCCP" && length > 0) {
    found.iccBytes = length;
    const keyword = latin1(reader.bytes(offset, Math.min(length, 80)));
    found.iccName = printable(keyword.split("\0", 1)[0] ?? "");
  }
  if (PngColors.reads(type) && length <= MAX_COLOR_BYTES) {
    found.colors.add(type, reader.bytes(offset, length));
  }
  if (type === "eXIf") found.exif = range;
  if (type === "eXIf" && length <= MAX_EXIF_BYTES) {
    found.orientation = exifOrientation(reader.bytes(offset, length));
  }
}
