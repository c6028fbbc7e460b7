import { ImageRejected } from "../../model/reject_reason.ts";
import { iccName, profileColor } from "./_icc_name.ts";
import { exifOrientation } from "./_ifd.ts";
import { type ByteRange, type FormatFacts, latin1, type ProbeReader, viewOf } from "./_reader.ts";

const FLAG_ANIMATION = 0x02;
const FLAG_ALPHA = 0x10;
const MAX_EXIF_BYTES = 1_048_576;
const MAX_ICC_BYTES = 262_144;

interface Chunk {
  readonly type: string;
  readonly range: ByteRange;
}

interface Shape {
  readonly width: number;
  readonly height: number;
  readonly hasAlpha: boolean;
  readonly isLossless: boolean;
}

/** Reads WebP's three layouts (RFC 9649): lossy, lossless and extended. */
export function webpProbe(reader: ProbeReader): FormatFacts {
  const riffBytes = reader.view(4, 4).getUint32(0, true) + 8;
  if (riffBytes > reader.size) {
    const detail = `${riffBytes} bytes are announced, ${reader.size} are there`;
    throw new ImageRejected("truncated", detail);
  }
  const first = chunkAt(reader, 12);
  if (first.type === "VP8X") return extendedFacts(reader, first);
  return { header: headerOf(shapeOf(reader, first)) };
}

function chunkAt(reader: ProbeReader, at: number): Chunk {
  const head = reader.bytes(at, 8);
  const length = viewOf(head).getUint32(4, true);
  return { type: latin1(head.subarray(0, 4)), range: { offset: at + 8, length } };
}

function shapeOf(reader: ProbeReader, { type, range }: Chunk): Shape {
  if (type === "VP8L") return losslessShape(reader.bytes(range.offset, 5));
  if (type === "VP8 ") return lossyShape(reader.bytes(range.offset, 10));
  throw new ImageRejected("corrupt", "its first chunk is no picture");
}

/** RFC 9649, section 3.4: 14 bits for each side less one, then the alpha hint. */
function losslessShape(bytes: Uint8Array): Shape {
  if (bytes[0] !== 0x2f) throw new ImageRejected("corrupt", "VP8L without its signature");
  const bits = viewOf(bytes).getUint32(1, true);
  return {
    width: (bits & 0x3fff) + 1,
    height: ((bits >>> 14) & 0x3fff) + 1,
    hasAlpha: ((bits >>> 28) & 1) === 1,
    isLossless: true,
  };
}

/** RFC 6386, section 9.1: a key frame's start code, then 14 bits for each side. */
function lossyShape(bytes: Uint8Array): Shape {
  if (bytes[3] !== 0x9d || bytes[4] !== 0x01 || bytes[5] !== 0x2a) {
    throw new ImageRejected("corrupt", "VP8 without a key frame");
  }
  const view = viewOf(bytes);
  return {
    width: view.getUint16(6, true) & 0x3fff,
    height: view.getUint16(8, true) & 0x3fff,
    hasAlpha: false,
    isLossless: false,
  };
}

function extendedFacts(reader: ProbeReader, { range }: Chunk): FormatFacts {
  const view = reader.view(range.offset, 10);
  const flags = view.getUint8(0);
  const shape = {
    width: 1 + uint24(view, 4),
    height: 1 + uint24(view, 7),
    hasAlpha: (flags & FLAG_ALPHA) !== 0,
    isLossless: false,
  };
  const found = walkChunks(reader, chunkEnd(range));
  const frames = (flags & FLAG_ANIMATION) === 0 ? 1 : Math.max(1, found.frames);
  const exif = found.exif;
  const isSmall = exif !== undefined && exif.length <= MAX_EXIF_BYTES;
  const orientation = isSmall ? exifOrientation(reader.bytes(exif.offset, exif.length)) : 1;
  return {
    header: {
      ...headerOf({ ...shape, isLossless: found.isLossless }),
      frames,
      orientation,
      iccName: found.iccName,
      color: profileColor(found.iccName),
    },
    exif,
    iccBytes: found.iccBytes,
    xmp: found.xmp,
    jumbf: found.jumbf,
  };
}

interface Walk {
  frames: number;
  isLossless: boolean;
  iccName?: string | undefined;
  iccBytes?: number;
  exif?: ByteRange;
  xmp?: ByteRange;
  jumbf: readonly ByteRange[];
}

/** Chunks in order. */
function walkChunks(reader: ProbeReader, from: number): Walk {
  const found: Walk = { frames: 0, isLossless: false, jumbf: [] };
  for (let at = from; at + 8 <= reader.size;) {
    reader.step();
    const { type, range } = chunkAt(reader, at);
    if (range.offset + range.length > reader.size) {
      throw new ImageRejected("truncated", `its chunk at byte ${at} ends behind the file`);
    }
    if (type === "ANMF") found.frames += 1;
    if (type === "VP8L") found.isLossless = true;
    if (type === "EXIF") found.exif = range;
    if (type === "XMP ") found.xmp = range;
    if (type === "C2PA") found.jumbf = [range];
    if (type === "ICCP") found.iccBytes = range.length;
    if (type === "ICCP" && range.length <= MAX_ICC_BYTES) {
      found.iccName = iccName(reader.bytes(range.offset, range.length));
    }
    at = chunkEnd(range);
  }
  return found;
}

/** Chunks are padded to even lengths (RFC 9649, section 2.3). */
function chunkEnd({ offset, length }: ByteRange): number {
  return offset + length + (length & 1);
}

function headerOf({ width, height, hasAlpha, isLossless }: Shape): FormatFacts["header"] {
  return {
    width,
    height,
    frames: 1,
    bitDepth: 8,
    channels: hasAlpha ? 4 : 3,
    hasAlpha,
    colorSpace: isLossless ? "rgb" : "yuv",
    orientation: 1,
    iccName: undefined,
  };
}

function uint24(view: DataView, at: number): number {
  return view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
}
