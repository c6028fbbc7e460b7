import type { ColorSpace } from "../../model/insights.ts";
import { ImageRejected } from "../../model/reject_reason.ts";
import { printable } from "./_icc_name.ts";
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

interface Found {
  frames: number;
  hasTransparency: boolean;
  iccName?: string | undefined;
  iccBytes?: number;
  exif?: ByteRange;
  orientation: number;
}

/** Reads PNG's and APNG's chunks up to the pixels. */
export async function pngProbe(reader: ProbeReader): Promise<FormatFacts> {
  const ihdr = await reader.bytes(8, 25);
  if (latin1(ihdr.subarray(4, 8)) !== "IHDR" || viewOf(ihdr).getUint32(0) !== 13) {
    throw new ImageRejected("corrupt", "its first chunk is not IHDR");
  }
  const view = viewOf(ihdr.subarray(8));
  const bitDepth = view.getUint8(8);
  const color = COLOR_TYPES[view.getUint8(9)];
  if (color === undefined || !color.depths.includes(bitDepth)) {
    throw new ImageRejected("corrupt", `colour type ${view.getUint8(9)} of ${bitDepth} bits`);
  }
  const found = await readChunks(reader);
  return {
    header: {
      width: view.getUint32(0),
      height: view.getUint32(4),
      frames: found.frames,
      bitDepth,
      channels: color.channels,
      hasAlpha: color.hasAlpha || found.hasTransparency,
      colorSpace: color.colorSpace,
      orientation: found.orientation,
      iccName: found.iccName,
    },
    exif: found.exif,
    iccBytes: found.iccBytes,
  };
}

async function readChunks(reader: ProbeReader): Promise<Found> {
  const found: Found = { frames: 1, hasTransparency: false, orientation: 1 };
  for (let at = 33;;) {
    reader.step();
    const head = await reader.bytes(at, 8);
    const length = viewOf(head).getUint32(0);
    const type = latin1(head.subarray(4, 8));
    if (type === "IDAT") return found;
    if (type === "IEND") throw new ImageRejected("corrupt", "it has no pixels");
    if (length > 0x7fffffff) throw new ImageRejected("corrupt", `a chunk of ${length} bytes`);
    await readChunk(reader, type, { offset: at + 8, length }, found);
    at += 12 + length;
  }
}

async function readChunk(
  reader: ProbeReader,
  type: string,
  range: ByteRange,
  found: Found,
): Promise<void> {
  const { offset, length } = range;
  if (type === "tRNS") found.hasTransparency = true;
  if (type === "acTL" && length >= 8) {
    found.frames = Math.max(1, (await reader.view(offset, 8)).getUint32(0));
  }
  if (type === "iCCP" && length > 0) {
    found.iccBytes = length;
    const keyword = latin1(await reader.bytes(offset, Math.min(length, 80)));
    found.iccName = printable(keyword.split("\0", 1)[0] ?? "");
  }
  if (type === "eXIf") found.exif = range;
  if (type === "eXIf" && length <= MAX_EXIF_BYTES) {
    found.orientation = exifOrientation(await reader.bytes(offset, length));
  }
}
