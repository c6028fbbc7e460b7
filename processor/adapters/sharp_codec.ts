/** The codec that takes nearly everything: libvips through sharp. */
import sharp, { type Sharp, type SharpOptions } from "sharp";
import { type MediaType, typesDecodedBy } from "@tintype/core/model/media_type";
import { ImageRejected } from "@tintype/core/model/reject_reason";
import type { WrittenFormat } from "@tintype/core/model/rendition";
import type {
  DecodedPixels,
  DecodeRequest,
  EncodeOptions,
  ImageCodec,
  RawPixels,
  ResizeOptions,
} from "@tintype/core/ports/image_codec";
import { isConverted } from "@tintype/core/processing/color/to_srgb";
import { placementOf } from "@tintype/core/processing/plan_renditions";
import { firstGifFrame } from "@tintype/core/processing/probe/gif";
import { isWholeJpeg } from "@tintype/core/processing/probe/is_whole";
import { onlyInside, withAlpha, withoutAlpha } from "./_place_pixels.ts";
import { SHARP_ANIMATIONS } from "./_sharp_animations.ts";
import {
  beyondLimits,
  bytesOf,
  deepRawOf,
  KERNEL,
  maxPixelsOf,
  rawOf,
  rejectionOf,
  sharpOf,
} from "./_sharp_pixels.ts";
import { tiffWithProfile } from "./_tiff_with_profile.ts";

/** The loaders that hostile bytes may reach; every other one (SVG, PDF, Magick, …) is blocked. */
const LOADERS = [
  "VipsForeignLoadJpegBuffer",
  "VipsForeignLoadPngBuffer",
  "VipsForeignLoadWebpBuffer",
  "VipsForeignLoadNsgifBuffer",
  "VipsForeignLoadTiffBuffer",
  "VipsForeignLoadHeifBuffer",
];

const END_OF_IMAGE = [0xff, 0xd9];
/** The last letters of the brands `avis` and `avif`. */
const [AVIS_END, AVIF_END] = [0x73, 0x66] as const;

/** How each format is written: what costs CPU time without being seen is left out. */
const WRITERS: Record<WrittenFormat, (image: Sharp, options: EncodeOptions) => Sharp> = {
  jpeg: (image, { quality }) => image.jpeg({ quality, optimiseCoding: false }),
  webp: (image, { quality }) => image.webp({ quality, effort: 2 }),
  avif: (image, { quality }) => image.avif({ quality, effort: 2 }),
  png: (image) => image.png({ compressionLevel: 6 }),
};

/** Every format that renditions are written in. */
export const ALL_WRITTEN: ReadonlySet<WrittenFormat> = new Set(
  Object.keys(WRITERS) as WrittenFormat[], // keys of a const table
);

/**
 * sharp as a codec, one thread an image. A JPEG with damage that libjpeg itself calls a warning is taken (phones write
 * such files); missing and contradictory bytes are refused.
 */
export function sharpCodec(): ImageCodec {
  sharp.concurrency(1);
  sharp.cache(false);
  sharp.block({ operation: ["VipsForeignLoad"] });
  sharp.unblock({ operation: LOADERS });
  return {
    engine: `sharp ${sharp.versions.sharp ?? "unknown"}`,
    takes: new Set(typesDecodedBy("libvips")),
    writes: ALL_WRITTEN,
    decode,
    animations: SHARP_ANIMATIONS,
    resize: resizeRaw,
    encode: encodeRaw,
  };
}

/** Decodes; a JPEG without its end is tried with one, and taken where it lacks nothing else. */
async function decode(request: DecodeRequest): Promise<DecodedPixels> {
  const { bytes, mediaType } = request;
  const deadlineMs = performance.now() + request.timeoutMs;
  try {
    const pixels = await decodeOnce(request, { failOn: "error" });
    return request.header.color?.isLimited === true ? withFullRange(pixels) : pixels;
  } catch (error) {
    if (error instanceof ImageRejected) throw error;
    if (performance.now() >= deadlineMs) throw beyondLimits("time", error);
    if (mediaType === "image/jpeg" && !isWholeJpeg(bytes)) {
      const ended = { ...request, bytes: withEnd(bytes) };
      const pixels = await decodeOnce(ended, { failOn: "warning" }).catch(() => undefined);
      if (pixels !== undefined) return pixels;
    }
    throw await rejectionOf(error, request);
  }
}

/** A JPEG with its last marker. */
function withEnd(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(bytes.length + END_OF_IMAGE.length);
  whole.set(bytes);
  whole.set(END_OF_IMAGE, bytes.length);
  return whole;
}

/** Colours whose range is video's (ITU-R BT.709, item 4.6) in all of it: libvips does so for all but grey. */
function withFullRange(pixels: DecodedPixels): DecodedPixels {
  const { data, channels } = pixels;
  const one = data instanceof Uint16Array ? 257 : 1;
  for (let at = 0; at < data.length; at += 1) {
    if (channels === 4 && (at & 3) === 3) continue;
    const value = ((data[at]! / one - 16) * 255) / 219; // within bounds
    data[at] = Math.round(Math.min(255, Math.max(0, value)) * one);
  }
  return pixels;
}

async function decodeOnce(
  { bytes, mediaType, header, target, timeoutMs }: DecodeRequest,
  { failOn }: Pick<SharpOptions, "failOn">,
): Promise<DecodedPixels> {
  const { width, height } = target;
  const loaded = loadable(bytes, mediaType);
  const profile = await laterProfile(loaded, { mediaType, header });
  const box = { width, height, fit: target.fit, withoutEnlargement: true, kernel: KERNEL } as const;
  const options: SharpOptions = {
    failOn: failOn ?? "error",
    limitInputPixels: maxPixelsOf(header),
    sequentialRead: true,
    ignoreIcc: profile !== undefined || header.color?.by === "code_points",
  };
  const image = sharp(loaded, options)
    .timeout({ seconds: Math.max(1, Math.ceil(timeoutMs / 1000)) });
  const isConvertedLater = isConverted(header.color);
  if (header.bitDepth > 8 && isConvertedLater) {
    const deep = image.autoOrient().resize(box).toColourspace("rgb16");
    return await deepRawOf(header.hasAlpha ? deep : deep.removeAlpha());
  }
  // Left alone, libvips takes deep RGB no further than Display P3.
  const shallow = header.bitDepth > 8 ? image.pipelineColourspace("srgb") : image;
  const upright = shallow.autoOrient().toColourspace("srgb");
  const fix = wholePictureFix(bytes, { mediaType, header });
  if (fix !== undefined) {
    const whole = fix(await rawOf(upright));
    return await rawOf(sharpOf(whole).resize(box));
  }
  const resized = upright.resize(box);
  const pixels = await rawOf(header.hasAlpha ? resized : resized.removeAlpha());
  return profile === undefined ? pixels : await fromProfile(pixels, profile);
}

/** The profile of a photograph, which libvips would apply before it resizes: more than decoding costs. */
async function laterProfile(
  bytes: Uint8Array<ArrayBuffer>,
  { mediaType, header }: Pick<DecodeRequest, "mediaType" | "header">,
): Promise<Uint8Array | undefined> {
  const isPhotograph = mediaType === "image/jpeg" && header.channels === 3;
  if (!isPhotograph || header.color?.by !== "profile") return undefined;
  return (await sharp(bytes).metadata()).icc;
}

/** Pixels of a profile in sRGB. */
export async function fromProfile(pixels: RawPixels, profile: Uint8Array): Promise<RawPixels> {
  return await rawOf(sharp(tiffWithProfile(pixels, profile)).toColourspace("srgb"));
}

/** libvips knows AVIF by its major brand alone, and not by that of sequences, which have a still picture, too. */
function loadable(bytes: Uint8Array<ArrayBuffer>, mediaType: MediaType): Uint8Array<ArrayBuffer> {
  if (mediaType !== "image/avif" || bytes[11] !== AVIS_END) return bytes;
  const copy = bytes.slice();
  copy[11] = AVIF_END;
  return copy;
}

/**
 * What has to be done to a whole picture before it is resized, where libvips takes an extra sample of anything for alpha,
 * or leaves black what a GIF's first frame without a transparent colour does not cover.
 */
function wholePictureFix(
  bytes: Uint8Array,
  { mediaType, header }: Pick<DecodeRequest, "mediaType" | "header">,
): ((pixels: RawPixels) => RawPixels) | undefined {
  const { colorSpace, channels, hasAlpha } = header;
  const isEven = channels === 2 || (channels === 4 && colorSpace === "rgb");
  if (mediaType === "image/tiff" && isEven && !hasAlpha) return withoutAlpha;
  const frame = mediaType === "image/gif" && hasAlpha ? firstGifFrame(bytes) : undefined;
  if (frame === undefined || frame.isTransparent) return undefined;
  return (pixels) => onlyInside(withAlpha(pixels), frame);
}

/** Resizes as a rendition's line says, by Tintype's own arithmetic, so that every codec answers the same sizes. */
export async function resizeRaw(pixels: RawPixels, options: ResizeOptions): Promise<RawPixels> {
  const { scaled, canvas, left, top } = placementOf(pixels, options);
  const resized = sharpOf(pixels).resize({ ...scaled, fit: "fill", kernel: KERNEL });
  if (options.fit === "inside") return await rawOf(resized);
  if (options.fit === "cover") {
    return await rawOf(resized.extract({ left: -left, top: -top, ...canvas }));
  }
  const right = canvas.width - scaled.width - left;
  const bottom = canvas.height - scaled.height - top;
  return await rawOf(resized.extend({ left, top, right, bottom, background: options.background }));
}

/** Encodes raw pixels; there is no metadata that could be written. */
export async function encodeRaw(
  pixels: RawPixels,
  options: EncodeOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const image = sharpOf(pixels);
  const isGlass = pixels.channels === 4 && options.format === "jpeg";
  const solid = isGlass ? image.flatten({ background: options.background }) : image;
  const stored = options.isGrey === true ? solid.toColourspace("b-w") : solid;
  return bytesOf(await WRITERS[options.format](stored, options).toBuffer());
}
