/**
 * What is used of imagescript: its WebAssembly decoders and its PNG encoder, each by its own path, as its main entry loads
 * native code. A decoder's memory only grows, so every picture gets a new one.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Size } from "@tintype/core/processing/plan_renditions";
import imagescript from "imagescript/package.json" with { type: "json" };
import pngEncoderModule from "imagescript/png/node.js";
import gifModule from "imagescript/wasm/node/gif.js";
import jpegModule from "imagescript/wasm/node/jpeg.js";
import pngModule from "imagescript/wasm/node/png.js";

/** Pixels as the JPEG decoder has them: `format` 0 is grey, 1 RGB, 2 CMYK (ink). */
interface DecodedJpeg extends Size {
  readonly format: number;
  readonly buffer: Uint8Array<ArrayBuffer>;
}

/** A PNG's pixels: RGBA of 8 bits. */
interface DecodedPng extends Size {
  readonly framebuffer: Uint8Array<ArrayBuffer>;
}

/** A GIF's frame in RGBA, and where it lies on the canvas. */
interface GifFrame extends Size {
  readonly x: number;
  readonly y: number;
  readonly buffer: Uint8Array<ArrayBuffer>;
}

interface Loaded<Decoder> {
  init(): Promise<Decoder>;
}

interface JpegDecoder {
  /** Scales by 1, 1/2, 1/4 or 1/8 as near above the wanted size as it can; 0 x 0 for the full size. */
  decode(bytes: Uint8Array, width: number, height: number): DecodedJpeg;
}

interface PngDecoder {
  decode(bytes: Uint8Array): DecodedPng;
}

interface GifDecoder {
  readonly Decoder: new (bytes: Uint8Array) => { frame(): GifFrame | null };
}

interface PngOptions extends Size {
  readonly channels: number;
  readonly level: number;
}

interface PngEncoder {
  encode(data: Uint8Array, options: PngOptions): Uint8Array<ArrayBuffer>;
}

interface JpegOptions extends Size {
  readonly quality: number;
}

interface JpegEncoderExports {
  readonly memory: WebAssembly.Memory;
  walloc(bytes: number): number;
  wlen(): number;
  /** Encodes RGBA and answers where the file lies, `wlen` bytes of it. */
  encode(at: number, width: number, height: number, quality: number): number;
}

/** imagescript's version. */
export const IMAGESCRIPT_VERSION: string = imagescript.version;

// The package has no types for its inner modules; these are what their sources export.
/** Makes JPEG decoders. */
export const jpeg: Loaded<JpegDecoder> = jpegModule;
/** Makes PNG decoders. */
export const png: Loaded<PngDecoder> = pngModule;
const gif: Loaded<GifDecoder> = gifModule;

/** The first frame of a GIF; throws where there is none. */
export async function firstGifFrame(bytes: Uint8Array): Promise<GifFrame> {
  const { Decoder } = await gif.init();
  const frame = new Decoder(bytes).frame();
  if (frame === null) throw new Error("gif: no frame");
  return frame;
}

/** Encodes RGB or RGBA as PNG. */
export const pngEncoder = pngEncoderModule as unknown as PngEncoder; // its exports are getters that types do not see

const JPEG_WASM = "imagescript/wasm/any/jpeg.wasm";

let jpegEncoder: WebAssembly.Module | undefined;

/** Encodes RGBA as a baseline JPEG; imagescript's own interface to this encoder is native. */
export function encodeJpeg(
  rgba: Uint8Array,
  { width, height, quality }: JpegOptions,
): Uint8Array<ArrayBuffer> {
  jpegEncoder ??= new WebAssembly.Module(
    new Uint8Array(readFileSync(fileURLToPath(import.meta.resolve(JPEG_WASM)))),
  );
  // The functions that the module is seen to export.
  const wasm = new WebAssembly.Instance(jpegEncoder).exports as unknown as JpegEncoderExports;
  const from = wasm.walloc(rgba.length);
  new Uint8Array(wasm.memory.buffer, from, rgba.length).set(rgba);
  const at = wasm.encode(from, width, height, quality);
  return new Uint8Array(wasm.memory.buffer, at, wasm.wlen()).slice();
}
