/**
 * HEIC and AVIF by FFmpeg's native decoders: tiles are decoded one after another into planes, planes are resized to what the
 * largest rendition needs, and only those pixels become RGB. What it does not take is left to a codec behind it.
 */
import sharp from "sharp";
import type { MediaType } from "@tintype/core/model/media_type";
import type {
  Animation,
  DecodeRequest,
  ImageCodec,
  RawPixels,
} from "@tintype/core/ports/image_codec";
import { isConverted } from "@tintype/core/processing/color/to_srgb";
import { scaledSize, type Size } from "@tintype/core/processing/plan_renditions";
import { heifLayers, type Rectangle } from "@tintype/core/processing/probe/heif_layers";
import { heifSequence } from "@tintype/core/processing/probe/heif_sequence";
import { heifColors } from "./_heif_colors.ts";
import { type LibAv, loadLibAv } from "./_libav.ts";
import {
  decodeFilm,
  decodeLayer,
  enlargePlane,
  isKnownColor,
  type Plane,
  type Samples,
  uprightRgb,
} from "./_planes.ts";
import { KERNEL, rawOf } from "./_sharp_pixels.ts";

/** The type that holds image sequences. */
const FILM: MediaType = "image/avif";
const TYPES: readonly MediaType[] = ["image/heic", "image/heif", "image/avif"];

/** Decodes where it can; undefined where another decoder has to say what the file is. */
export interface PlanarDecoder {
  /** Name and version. */
  readonly engine: string;
  decode(request: DecodeRequest): Promise<RawPixels | undefined>;
  /** The frames of an image sequence. */
  decodeFrames(request: DecodeRequest): Promise<Animation | undefined>;
}

/** Loads the decoder; undefined where this machine has no native build of it. */
export function loadPlanarDecoder(): PlanarDecoder | undefined {
  const libav = loadLibAv();
  return libav && planarDecoder(libav);
}

/** The decoder by a binding that was loaded. */
export function planarDecoder(libav: LibAv): PlanarDecoder {
  const engine = `ffmpeg ${libav.getFFmpegInfo().version}`;
  return {
    engine,
    decode: (request) => decode(libav, request),
    decodeFrames: (request) => decodeFrames(libav, request),
  };
}

/** A codec whose HEIC and AVIF are decoded by `decoder`, and by itself where that does not take the file. */
export function decodedFirstBy(decoder: PlanarDecoder, codec: ImageCodec): ImageCodec {
  const { animations } = codec;
  return {
    ...codec,
    engine: [...new Set([...codec.engine.split(", "), decoder.engine])].join(", "),
    animations: animations && {
      ...animations,
      takes: new Set([...animations.takes, FILM]),
      decode: (request) =>
        request.mediaType === FILM ? decoder.decodeFrames(request) : animations.decode(request),
    },
    async decode(request) {
      const isPlanar = TYPES.includes(request.mediaType);
      const pixels = isPlanar ? await decoder.decode(request) : undefined;
      return pixels ?? await codec.decode(request);
    },
  };
}

async function decode(
  libav: LibAv,
  { bytes, mediaType, header, target }: DecodeRequest,
): Promise<RawPixels | undefined> {
  // libvips keeps the depth of AVIF, which the conversion to sRGB needs; libheif has eight bits of HEIC as well.
  const isDeep = header.bitDepth > 8 && isConverted(header.color);
  if (isDeep && mediaType === "image/avif") return undefined;
  const layers = heifLayers(bytes);
  if (layers === undefined) return undefined;
  const { color, alpha } = layers;
  using picture = decodeLayer(libav, color);
  using mask = alpha && decodeLayer(libav, alpha);
  if (picture === undefined || (alpha !== undefined && mask === undefined)) return undefined;
  const pixels = await pixelsOf({ picture, mask }, { ...layers, header, target });
  return pixels && await heifColors(pixels, bytes);
}

async function decodeFrames(
  libav: LibAv,
  { bytes, header, target }: DecodeRequest,
): Promise<Animation | undefined> {
  const sequence = heifSequence(bytes);
  if (sequence === undefined) return undefined;
  const { color, alpha, delaysMs } = sequence;
  const { width, height } = color;
  if (width !== header.width || height !== header.height) return undefined;
  const crop = { left: 0, top: 0, width, height };
  const frames: RawPixels[] = [];
  const masks = alpha && decodeFilm(libav, alpha);
  try {
    for (const picture of decodeFilm(libav, color)) {
      const mask = masks?.next().value;
      if (picture === undefined || (masks !== undefined && mask === undefined)) return undefined;
      const pixels = await pixelsOf({ picture, mask }, { color, crop, header, target });
      if (pixels === undefined) return undefined;
      frames.push(await heifColors(pixels, bytes));
    }
  } finally {
    masks?.return(undefined);
  }
  return { frames, delaysMs, loops: 0 };
}

/** What was decoded of a picture. */
interface Decoded {
  readonly picture: Samples;
  readonly mask: Samples | undefined;
}

/** How a picture is shown. */
interface Showing extends Pick<DecodeRequest, "header" | "target"> {
  readonly color: Size;
  readonly crop: Rectangle;
}

/** Upright pixels inside the target; undefined where colours are stored in a way that is not known. */
async function pixelsOf(
  { picture, mask }: Decoded,
  { color, crop, header, target }: Showing,
): Promise<RawPixels | undefined> {
  if (!isKnownColor(picture)) return undefined;
  const { orientation } = header;
  const upright = turned(crop, orientation);
  const wanted = scaledSize(upright, { ...target, enlarge: false });
  // Colours behind glass must not bleed over its edges: resized once they are pixels, which weighs them by alpha.
  const size = mask === undefined ? turned(wanted, orientation) : crop;
  const resized: Plane[] = [];
  const whole = { width: color.width, height: color.height };
  for (const plane of [...picture.planes, ...mask?.planes.slice(0, 1) ?? []]) {
    resized.push(await resizePlane(plane, { whole, crop, size }));
  }
  const count = picture.planes.length;
  const { matrix, isFullRange } = picture;
  const options = { matrix, isFullRange, orientation, alpha: resized[count] };
  const pixels = uprightRgb(resized.slice(0, count), options);
  return mask === undefined ? pixels : await resizePixels(pixels, wanted);
}

function turned({ width, height }: Size, orientation: number): Size {
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}

/** What is shown of a plane, and how large. */
interface PlaneResize {
  /** The whole picture's size, of which the plane may have a part. */
  readonly whole: Size;
  readonly crop: Rectangle;
  readonly size: Size;
}

async function resizePlane(plane: Plane, { whole, crop, size }: PlaneResize): Promise<Plane> {
  const { width, height } = plane;
  const [across, down] = [width / whole.width, height / whole.height];
  const shown = {
    left: crop.left * across,
    top: crop.top * down,
    width: crop.width * across,
    height: crop.height * down,
  };
  if (size.width >= shown.width && size.height >= shown.height) {
    return enlargePlane(plane, shown, size);
  }
  const [left, top] = [Math.floor(shown.left), Math.floor(shown.top)];
  const samples = {
    left,
    top,
    width: Math.min(Math.ceil(shown.width), width - left),
    height: Math.min(Math.ceil(shown.height), height - top),
  };
  const smaller = {
    width: Math.min(size.width, samples.width),
    height: Math.min(size.height, samples.height),
  };
  // What is finer than its own grid nobody sees of colours: half the work.
  const kernel = width < whole.width ? "linear" : KERNEL;
  const raw = { width: plane.stride, height, channels: 1 } as const;
  const image = sharp(plane.data, { raw, limitInputPixels: false });
  const data = await image.extract(samples).resize({ ...smaller, fit: "fill", kernel })
    .toColourspace("b-w").raw().toBuffer();
  const shrunk = { data, ...smaller, stride: smaller.width };
  return enlargePlane(shrunk, { left: 0, top: 0, ...smaller }, size);
}

async function resizePixels(pixels: RawPixels, size: Size): Promise<RawPixels> {
  const { data, width, height, channels } = pixels;
  if (width === size.width && height === size.height) return pixels;
  const image = sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
  return await rawOf(image.resize({ ...size, fit: "fill", kernel: KERNEL }));
}
