/**
 * FFmpeg's decoders of HEVC and AV1, called on this thread through node-av's binding, whose names are FFmpeg's own
 * (https://ffmpeg.org/doxygen/trunk/group__lavc__decoding.html). No thread is started and no file is opened.
 */
import { createRequire } from "node:module";
import process from "node:process";
import type { CodedLayer } from "@tintype/core/processing/probe/heif_layers";

/** A plane of a tile; a sample of more than 8 bits takes two bytes, the lower one first. */
interface FramePlane {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  readonly strideBytes: number;
}

/** A decoded tile; its planes lie in the decoder's memory until the next tile. */
export interface TileFrame {
  /** A name of FFmpeg's pixel formats: `yuv420p`, `gray10le`, … */
  readonly format: string;
  readonly planes: readonly FramePlane[];
  /** ITU-T H.273; 2 where the stream does not say. */
  readonly matrix: number;
  readonly isFullRange: boolean;
}

interface Releasable {
  free(): void;
}

interface NativeFrame extends Releasable {
  alloc(): void;
  unref(): void;
  readonly width: number;
  readonly height: number;
  readonly format: number;
  readonly linesize: readonly number[];
  readonly data: readonly Uint8Array[] | null;
  readonly colorSpace: number;
  readonly colorRange: number;
  readonly decodeErrorFlags: number;
}

interface NativePacket extends Releasable {
  alloc(): void;
  data: Uint8Array | null;
}

interface NativeContext {
  allocContext3(codec: unknown): void;
  open2Sync(codec: unknown): number;
  sendPacketSync(packet: NativePacket | null): number;
  receiveFrameSync(frame: NativeFrame): number;
  flushBuffers(): void;
  freeContext(): void;
  extraData: Uint8Array | null;
  threadCount: number;
}

/** What is used of the binding. */
export interface LibAv {
  readonly Codec: { findDecoderByName(name: string): unknown };
  readonly CodecContext: new () => NativeContext;
  readonly Frame: new () => NativeFrame;
  readonly Packet: new () => NativePacket;
  readonly Log: { setLevel(level: number): void };
  avGetPixFmtName(format: number): string | null;
  getFFmpegInfo(): { readonly version: string };
}

const DECODERS = { hevc: "hevc", av1: "libdav1d" } as const;
/** Chroma of half the width is 4:2:x, of half the height too 4:2:0 (and 4:4:0). */
const HALF_WIDTH = /^yuvj?42[02]p/;
const HALF_HEIGHT = /^yuvj?4[24]0p/;
const QUIET = -8;
const FULL_RANGE = 2;
/** Loads the binding of this machine; undefined where there is none. What it says of hostile bytes is not logged. */
export function loadLibAv(): LibAv | undefined {
  try {
    const name = `@seydx/node-av-${process.platform}-${process.arch}`;
    const libav = createRequire(import.meta.url)(name) as LibAv; // the binding has no types of its own
    libav.Log.setLevel(QUIET);
    for (const name of Object.values(DECODERS)) openOnce(libav, name);
    return libav;
  } catch {
    return undefined;
  }
}

/** Makes a decoder fill its tables and look at the processor now, and not with the first picture. */
function openOnce(libav: LibAv, name: string): void {
  const [context, codec] = [new libav.CodecContext(), libav.Codec.findDecoderByName(name)];
  context.allocContext3(codec);
  context.threadCount = 1;
  context.open2Sync(codec);
  context.freeContext();
}

/**
 * Decodes a layer's tiles, which may be frames that follow from one another. A tile's planes lie in memory that is freed with
 * the next one, or when the generator ends. The last is undefined where one cannot be decoded whole, is not of the size that
 * the file says, or is not taken.
 */
export function* decodeTiles(
  libav: LibAv,
  layer: CodedLayer,
): Generator<TileFrame | undefined, undefined> {
  const [context, packet] = [new libav.CodecContext(), new libav.Packet()];
  const frame = new libav.Frame();
  try {
    if (!openContext(libav, context, layer)) return yield undefined;
    packet.alloc();
    frame.alloc();
    for (const [index, tile] of layer.tiles.entries()) {
      frame.unref();
      packet.data = tile;
      const found = decodeOne(context, packet, frame) ? frameOf(libav, frame, layer) : undefined;
      // A picture of one tile is large: what made it is not kept beside it.
      if (index === layer.tiles.length - 1) context.freeContext();
      yield found;
      if (found === undefined) return;
    }
  } finally {
    frame.free();
    packet.free();
    context.freeContext();
  }
}

/** A decoded picture of one plane. */
export interface PackedFrame {
  readonly width: number;
  readonly height: number;
  /** A name of FFmpeg's pixel formats. */
  readonly format: string;
  readonly data: Uint8Array;
  readonly strideBytes: number;
}

/** Decodes a whole file by a decoder's name; undefined where it cannot. The samples are a copy. */
export function decodePacket(
  libav: LibAv,
  decoder: string,
  file: Uint8Array,
): PackedFrame | undefined {
  const [context, packet] = [new libav.CodecContext(), new libav.Packet()];
  const frame = new libav.Frame();
  const codec = libav.Codec.findDecoderByName(decoder);
  context.allocContext3(codec);
  context.threadCount = 1;
  try {
    if (context.open2Sync(codec) < 0) return undefined;
    packet.alloc();
    frame.alloc();
    packet.data = file;
    if (!decodeOne(context, packet, frame) || frame.decodeErrorFlags !== 0) return undefined;
    const { width, height, format, data, linesize: [strideBytes = 0] } = frame;
    if (data?.[0] === undefined || strideBytes <= 0) return undefined;
    const name = libav.avGetPixFmtName(format) ?? "";
    // Not by `slice`, which copies nothing of a Buffer.
    return { width, height, format: name, data: new Uint8Array(data[0]), strideBytes };
  } finally {
    frame.free();
    packet.free();
    context.freeContext();
  }
}

function openContext(
  libav: LibAv,
  context: NativeContext,
  { coding, configuration }: CodedLayer,
): boolean {
  const codec = libav.Codec.findDecoderByName(DECODERS[coding]);
  context.allocContext3(codec);
  context.threadCount = 1;
  context.extraData = configuration;
  // No options: the binding frees what FFmpeg has freed already.
  return context.open2Sync(codec) >= 0;
}

function decodeOne(context: NativeContext, packet: NativePacket, frame: NativeFrame): boolean {
  if (context.sendPacketSync(packet) < 0) return false;
  if (context.receiveFrameSync(frame) >= 0) return true;
  // A decoder may hold a frame back until it hears that no more comes.
  context.sendPacketSync(null);
  const isThere = context.receiveFrameSync(frame) >= 0;
  context.flushBuffers();
  return isThere;
}

function frameOf(
  libav: LibAv,
  frame: NativeFrame,
  { tileWidth, tileHeight, codePoints }: CodedLayer,
): TileFrame | undefined {
  const { width, height, data, linesize } = frame;
  const isWhole = frame.decodeErrorFlags === 0 && width === tileWidth && height === tileHeight;
  if (!isWhole || data === null) return undefined;
  const format = libav.avGetPixFmtName(frame.format) ?? "";
  return {
    format,
    planes: data.map((bytes, plane) => ({
      width: plane === 0 || !HALF_WIDTH.test(format) ? width : Math.ceil(width / 2),
      height: plane === 0 || !HALF_HEIGHT.test(format) ? height : Math.ceil(height / 2),
      data: bytes,
      strideBytes: linesize[plane] ?? 0,
    })),
    matrix: codePoints?.matrix ?? frame.colorSpace,
    isFullRange: codePoints?.isFullRange ?? frame.colorRange === FULL_RANGE,
  };
}
