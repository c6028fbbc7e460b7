/** The codec that takes nearly everything: libvips through sharp. */
import sharp, { type Sharp, type SharpOptions } from "sharp";
import { typesDecodedBy } from "@tintype/core/model/media_type";
import { ImageRejected } from "@tintype/core/model/reject_reason";
import type { WrittenFormat } from "@tintype/core/model/rendition";
import type {
  DecodeRequest,
  EncodeOptions,
  ImageCodec,
  RawPixels,
  ResizeOptions,
} from "@tintype/core/ports/image_codec";
import { placementOf } from "@tintype/core/processing/plan_renditions";
import { rejectionOf } from "./_sharp_errors.ts";

/** The loaders that hostile bytes may reach; every other one (SVG, PDF, Magick, …) is blocked. */
const LOADERS = [
  "VipsForeignLoadJpegBuffer",
  "VipsForeignLoadPngBuffer",
  "VipsForeignLoadWebpBuffer",
  "VipsForeignLoadNsgifBuffer",
  "VipsForeignLoadTiffBuffer",
  "VipsForeignLoadHeifBuffer",
];

/** Catmull-Rom: nearer to the reference resize than libvips' default of three lobes, and two thirds of its work. */
export const KERNEL = "cubic";

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
    resize: resizeRaw,
    encode: encodeRaw,
  };
}

async function decode(request: DecodeRequest): Promise<RawPixels> {
  const { bytes, header, target, timeoutMs } = request;
  const { width, height } = target;
  const image = sharp(bytes, {
    failOn: "error",
    // A decoder that finds more pixels than the header, which the guard has seen, was lied to.
    limitInputPixels: header.width * header.height,
    sequentialRead: true,
  });
  // Left alone, libvips takes deep RGB no further than Display P3.
  const shallow = header.bitDepth > 8 ? image.pipelineColourspace("srgb") : image;
  const upright = shallow.timeout({ seconds: Math.max(1, Math.ceil(timeoutMs / 1000)) })
    .autoOrient()
    .resize({ width, height, fit: target.fit, withoutEnlargement: true, kernel: KERNEL })
    .toColourspace("srgb");
  try {
    return await rawOf(header.hasAlpha ? upright : upright.removeAlpha());
  } catch (error) {
    if (error instanceof ImageRejected) throw error;
    throw rejectionOf(error, request);
  }
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
  return bytesOf(await WRITERS[options.format](solid, options).toBuffer());
}

/** sharp over raw pixels. */
function sharpOf({ data, width, height, channels }: RawPixels): Sharp {
  const raw: SharpOptions = { raw: { width, height, channels }, limitInputPixels: false };
  return sharp(data, raw);
}

/** Runs a pipeline to raw 8-bit samples; throws `unsupported_type` where they are neither RGB nor RGBA. */
export async function rawOf(image: Sharp): Promise<RawPixels> {
  const { data, info } = await image.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (channels !== 3 && channels !== 4) {
    throw new ImageRejected("unsupported_type", `it decodes to ${channels} samples a pixel`);
  }
  return { data: bytesOf(data), width, height, channels };
}

function bytesOf(buffer: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer: memory, byteOffset, byteLength } = buffer;
  // sharp allocates its own memory, which is never shared between threads.
  return new Uint8Array(memory as ArrayBuffer, byteOffset, byteLength);
}
