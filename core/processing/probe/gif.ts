import { ImageRejected } from "../../model/reject_reason.ts";
import { type ByteRange, type FormatFacts, latin1, type ProbeReader, viewOf } from "./_reader.ts";

const EXTENSION = 0x21;
const IMAGE = 0x2c;
const TRAILER = 0x3b;
const GRAPHIC_CONTROL = 0xf9;
const APPLICATION = 0xff;
/** Frames are counted up to here: far beyond any limit, and it bounds the walk. */
const MAX_COUNTED_FRAMES = 100_000;

const XMP_APPLICATION = "XMP DataXMP";

/** The first frame: its place on the canvas, which decoders extend to hold it, and whether it has a transparent colour. */
export interface GifFrame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly isTransparent: boolean;
}

interface Walk {
  frames: number;
  isTransparent: boolean;
  /** Behind the last block; beyond the bytes where that is cut, or no trailer follows it. */
  end: number;
  first?: GifFrame;
  xmp?: ByteRange;
}

/** Reads GIF's screen descriptor and counts its frames, up to 100,000. */
export function gifProbe(reader: ProbeReader): FormatFacts {
  const view = reader.view(0, 13);
  const flags = view.getUint8(10);
  const blocksAt = 13 + tableBytes(flags);
  if (blocksAt > reader.size) throw new ImageRejected("truncated", "it ends in its colour table");
  const { frames, first, xmp } = walkBlocks(reader.whole, blocksAt);
  if (frames === 0) throw new ImageRejected("truncated", "it has no picture");
  const width = Math.max(view.getUint16(6, true), (first?.left ?? 0) + (first?.width ?? 0));
  const height = Math.max(view.getUint16(8, true), (first?.top ?? 0) + (first?.height ?? 0));
  const isWhole = first === undefined || (first.width === width && first.height === height);
  return {
    header: {
      width,
      height,
      frames,
      bitDepth: (flags & 0x07) + 1,
      channels: 1,
      hasAlpha: !isWhole || first?.isTransparent === true,
      colorSpace: "palette",
      orientation: 1,
      iccName: undefined,
    },
    xmp,
  };
}

/** The first frame of a whole GIF that the probe took. */
export function firstGifFrame(bytes: Uint8Array): GifFrame | undefined {
  return walkBlocks(bytes, 13 + tableBytes(bytes[10] ?? 0), 1).first;
}

/** Where a GIF's blocks end: beyond the file where it is cut. */
export function gifEnd(bytes: Uint8Array): number {
  return walkBlocks(bytes, 13 + tableBytes(bytes[10] ?? 0)).end;
}

/** GIF89a, sections 20 to 27: blocks until the trailer, sub-blocks skipped by their lengths. */
function walkBlocks(bytes: Uint8Array, blocksAt: number, maxFrames = MAX_COUNTED_FRAMES): Walk {
  const walk: Walk = { frames: 0, isTransparent: false, end: bytes.length + 1 };
  for (let at = blocksAt; at < bytes.length && walk.frames < maxFrames;) {
    const kind = bytes[at];
    if (kind === TRAILER) return { ...walk, end: at + 1 };
    if (kind === EXTENSION) {
      at = readExtension(bytes, at, walk);
    } else if (kind === IMAGE && at + 10 <= bytes.length) {
      const view = viewOf(bytes.subarray(at, at + 10));
      walk.first ??= frameOf(view, walk.isTransparent);
      walk.frames += 1;
      at = skipSubBlocks(bytes, at + 11 + tableBytes(view.getUint8(9)));
    } else {
      // What follows is no block: decoders show what came before, so this is no reason to refuse it.
      return { ...walk, end: at };
    }
  }
  return walk;
}

function frameOf(descriptor: DataView, isTransparent: boolean): GifFrame {
  const [left = 0, top = 0, width = 0, height = 0] = [1, 3, 5, 7]
    .map((at) => descriptor.getUint16(at, true));
  return { left, top, width, height, isTransparent };
}

/** What an extension says of the frame that follows, or of the file; returns the offset behind it. */
function readExtension(bytes: Uint8Array, at: number, walk: Walk): number {
  const label = bytes[at + 1];
  if (label === GRAPHIC_CONTROL) walk.isTransparent = ((bytes[at + 3] ?? 0) & 1) === 1;
  const end = skipSubBlocks(bytes, at + 2);
  // XMP lies here as it is; only its trailer makes blocks of it (XMP specification, part 3, section 1.1.2).
  const isXmp = label === APPLICATION && walk.xmp === undefined &&
    latin1(bytes.subarray(at + 3, at + 14)) === XMP_APPLICATION;
  if (isXmp) walk.xmp = { offset: at + 14, length: Math.min(end, bytes.length) - at - 14 };
  return end;
}

function skipSubBlocks(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length) {
    const length = bytes[at] ?? 0;
    at += 1 + length;
    if (length === 0) break;
  }
  return at;
}

/** Bytes of the colour table that flags announce. */
function tableBytes(flags: number): number {
  return (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 0x07) + 1);
}
