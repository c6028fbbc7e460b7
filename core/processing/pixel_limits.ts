/** What a picture may cost in memory and time, by its type: known before a decoder starts. */
import type { ImageHeader } from "../model/insights.ts";
import type { MediaType } from "../model/media_type.ts";
import type { Probed } from "./probe/probe.ts";

/** Resident memory that a pixel process may take, in bytes; beyond it the process is killed. */
export const MAX_MEMORY_BYTES = 2 ** 30;
/** What is left of it for a decoder beside the process itself and the renditions, in bytes. */
export const MAX_DECODE_BYTES = 0.85 * MAX_MEMORY_BYTES;
/** The longest that one picture may take by the clock, in milliseconds. */
export const MAX_RENDER_MS = 30_000;
/** The longest that one attempt at an image may take, its wait for a free process included, in milliseconds. */
export const MAX_ATTEMPT_MS = 120_000;

interface PixelCost {
  /** Bytes a pixel at the peak of decoding, of the costliest variant of the type (`bench processing`). */
  readonly bytes: (header: ImageHeader) => number;
  /** Some ten times what a megapixel takes of the processor. */
  readonly msPerMegapixel: number;
}

const sampleBytes = ({ bitDepth }: ImageHeader) => bitDepth > 8 ? 2 : 1;

/** A decoder's planes, the same in eight bits, and with alpha the whole picture in RGBA. */
const planar = (samples: number) => (header: ImageHeader) =>
  samples * (sampleBytes(header) + 1) + 1.5 + (header.hasAlpha ? 4 : 0);

const COSTS: Readonly<Record<MediaType, PixelCost>> = {
  /** Progressive, without subsampling. */
  "image/jpeg": { bytes: () => 6.5, msPerMegapixel: 80 },
  /** Interlaced. */
  "image/png": { bytes: (h) => h.channels * sampleBytes(h) + 0.5, msPerMegapixel: 300 },
  "image/webp": { bytes: () => 4.5, msPerMegapixel: 300 },
  "image/gif": { bytes: () => 5.5, msPerMegapixel: 150 },
  /** One strip. */
  "image/tiff": { bytes: (h) => h.channels * sampleBytes(h) + 0.5, msPerMegapixel: 400 },
  /** 4:4:4. */
  "image/avif": { bytes: planar(3), msPerMegapixel: 500 },
  /** 4:2:0; the time is the slower decoder's. */
  "image/heic": { bytes: planar(1.5), msPerMegapixel: 1_000 },
  "image/heif": { bytes: planar(1.5), msPerMegapixel: 1_000 },
  /** Three times its samples, and floating point within; the time is that of lossless files of much effort. */
  "image/jxl": {
    bytes: (h) => 3 * Math.max(3, h.channels) * sampleBytes(h) + 12,
    msPerMegapixel: 2_000,
  },
  /** The file, the decoder's frame and the same in RGB. */
  "image/bmp": { bytes: () => 11, msPerMegapixel: 150 },
};

/** What a start, a pipeline's steps and renditions take beside the decoding, in milliseconds. */
const BASE_MS = 2_000;

type Sized = { readonly mediaType: MediaType; readonly header: ImageHeader };

/** The memory that decoding takes at its peak, in bytes: what is cropped afterwards included. */
export function decodeBytes({ mediaType, header, codedPixels }: Probed): number {
  return Math.ceil(codedPixels * COSTS[mediaType].bytes(header));
}

/** What a picture may take of the processor, in milliseconds: 3 s for a JPEG of 12 megapixels; each frame counts. */
export function renderLimitMs({ mediaType, header }: Sized): number {
  const megapixels = header.width * header.height * header.frames / 1_000_000;
  const wantedMs = BASE_MS + megapixels * COSTS[mediaType].msPerMegapixel;
  return Math.min(MAX_RENDER_MS, Math.ceil(wantedMs));
}
