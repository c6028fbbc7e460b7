/**
 * HEIC and AVIF by FFmpeg's native decoders: tiles are decoded one after another into planes, planes are resized to what the
 * largest rendition needs, and only those pixels become RGB. What it does not take is left to a codec behind it.
 */
import sharp from "sharp";
import type { MediaType } from "@tintype/core/model/media_type";
import type { DecodeRequest, ImageCodec, RawPixels } from "@tintype/core/ports/image_codec";
import { isConverted } from "@tintype/core/processing/color/to_srgb";
import { scaledSize, type Size } from "@tintype/core/processing/plan_renditions";
import { heifLayers, type Rectangle } from "@tintype/core/processing/probe/heif_layers";
import { heifColors } from "./_heif_colors.ts";
import { type LibAv, loadLibAv } from "./_libav.ts";
import { decodeLayer, enlargePlane, isKnownColor, type Plane, uprightRgb } from "./_planes.ts";
import { KERNEL, rawOf } from "./sharp_codec.ts";

const TYPES: readonly MediaType[] = ["image/heic", "image/heif", "image/avif"];

/** Decodes where it can; undefined where another decoder has to say what the file is. */
export interface PlanarDecoder {
  /** Name and version. */
  readonly engine: string;
  decode(request: DecodeRequest): Promise<RawPixels | undefined>;
}

/** Loads the decoder; undefined where this machine has no native build of it. */
export function loadPlanarDecoder(): PlanarDecoder | undefined {
  const libav = loadLibAv();
  if (libav === undefined) return undefined;
  const engine = `ffmpeg ${libav.getFFmpegInfo().version}`;
  return { engine, decode: (request) => decode(libav, request) };
}

/** A codec whose HEIC and AVIF are decoded by `decoder`, and by itself where that does not take the file. */
export function decodedFirstBy(decoder: PlanarDecoder, codec: ImageCodec): ImageCodec {
  return {
    ...codec,
    engine: `${codec.engine}, ${decoder.engine}`,
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
  const { crop, color, alpha } = layers;
  using picture = decodeLayer(libav, color);
  using mask = alpha && decodeLayer(libav, alpha);
  const isTaken = picture !== undefined && isKnownColor(picture) && (mask || !alpha);
  if (!isTaken) return undefined;
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
  return await heifColors(mask === undefined ? pixels : await resizePixels(pixels, wanted), bytes);
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
