import type { ImageHeader } from "../../model/insights.ts";
import { ImageRejected } from "../../model/reject_reason.ts";
import { type FormatFacts, type ProbeReader, viewOf } from "./_reader.ts";

const EXTENSION = 0x21;
const IMAGE = 0x2c;
const TRAILER = 0x3b;
const GRAPHIC_CONTROL = 0xf9;
/** Frames are counted up to here: far beyond any limit, and it bounds the walk. */
const MAX_COUNTED_FRAMES = 100_000;

interface Walk {
  frames: number;
  /** Whether the first frame has a transparent colour or does not fill the canvas. */
  hasAlpha: boolean;
}

/**
 * Reads GIF's screen descriptor and counts frames within the bytes at hand: exact where they are the whole file, else a
 * lower bound (at most 100,000).
 */
export async function gifProbe(reader: ProbeReader): Promise<FormatFacts> {
  const screen = await reader.bytes(0, 13);
  const view = viewOf(screen);
  const width = view.getUint16(6, true);
  const height = view.getUint16(8, true);
  const flags = view.getUint8(10);
  const blocksAt = 13 + tableBytes(flags);
  if (blocksAt > reader.size) throw new ImageRejected("truncated", "it ends in its colour table");
  const held = reader.heldFromStart();
  const { frames, hasAlpha } = walkBlocks(held, blocksAt, { width, height });
  if (frames === 0 && held.length === reader.size) {
    throw new ImageRejected("truncated", "it has no picture");
  }
  return {
    header: {
      width,
      height,
      frames: Math.max(1, frames),
      bitDepth: (flags & 0x07) + 1,
      channels: 1,
      hasAlpha,
      colorSpace: "palette",
      orientation: 1,
      iccName: undefined,
    },
  };
}

/** GIF89a, sections 20 to 27: blocks until the trailer, sub-blocks skipped by their lengths. */
function walkBlocks(
  bytes: Uint8Array,
  blocksAt: number,
  { width, height }: Pick<ImageHeader, "width" | "height">,
): Walk {
  const walk: Walk = { frames: 0, hasAlpha: false };
  for (let at = blocksAt; at < bytes.length && walk.frames < MAX_COUNTED_FRAMES;) {
    const kind = bytes[at];
    if (kind === TRAILER) break;
    if (kind === EXTENSION) {
      const isTransparent = bytes[at + 1] === GRAPHIC_CONTROL && ((bytes[at + 3] ?? 0) & 1) === 1;
      if (walk.frames === 0 && isTransparent) walk.hasAlpha = true;
      at = skipSubBlocks(bytes, at + 2);
    } else if (kind === IMAGE && at + 10 <= bytes.length) {
      const view = viewOf(bytes.subarray(at, at + 10));
      const fills = view.getUint16(5, true) >= width && view.getUint16(7, true) >= height;
      if (walk.frames === 0 && !fills) walk.hasAlpha = true;
      walk.frames += 1;
      at = skipSubBlocks(bytes, at + 11 + tableBytes(view.getUint8(9)));
    } else {
      // What follows is no block: decoders show what came before, so this is no reason to refuse it.
      break;
    }
  }
  return walk;
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
