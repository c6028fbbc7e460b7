/** Raw pixels in and out of sharp, and whose fault it is where libvips fails. */
import sharp, { type Sharp, type SharpOptions } from "sharp";
import { ImageRejected } from "@tintype/core/model/reject_reason";
import type { DecodedPixels, DecodeRequest, RawPixels } from "@tintype/core/ports/image_codec";
import type { Size } from "@tintype/core/processing/plan_renditions";
import { brokenPicture } from "@tintype/core/processing/probe/is_whole";

/** Catmull-Rom: nearer to the reference resize than libvips' default of three lobes, and two thirds of its work. */
export const KERNEL = "cubic";

/** Whose fault it is that libvips threw: more pixels than the header says, or the file itself; its messages decide nothing. */
export async function rejectionOf(cause: unknown, request: DecodeRequest): Promise<ImageRejected> {
  const { bytes, mediaType, header } = request;
  const found = await sharp(bytes, { limitInputPixels: false }).metadata().catch(() => undefined);
  const isLarger = found !== undefined && found.width * found.height > maxPixelsOf(header);
  return isLarger ? beyondLimits("pixels", cause) : brokenPicture(bytes, mediaType, cause);
}

/** The rejection of a picture whose decoder took more of something than it may. */
export function beyondLimits(what: string, cause: unknown): ImageRejected {
  return new ImageRejected("processing_limit", `the decoder took more ${what} than it may`, {
    cause,
  });
}

/** A decoder that finds more pixels than the header, which the guard has seen, was lied to. */
export function maxPixelsOf({ width, height }: Size): number {
  return width * height;
}

/** sharp over raw pixels. */
export function sharpOf({ data, width, height, channels }: RawPixels): Sharp {
  const raw: SharpOptions = { raw: { width, height, channels }, limitInputPixels: false };
  return sharp(data, raw);
}

/** Runs a pipeline to raw 16-bit samples. */
export async function deepRawOf(image: Sharp): Promise<DecodedPixels> {
  const raw = await image.raw({ depth: "ushort" }).toBuffer({ resolveWithObject: true });
  const { width, height, channels } = raw.info;
  if (channels !== 3 && channels !== 4) throw oddSamples(channels);
  const { buffer, byteOffset, byteLength } = bytesOf(raw.data);
  return { data: new Uint16Array(buffer, byteOffset, byteLength / 2), width, height, channels };
}

function oddSamples(channels: number): ImageRejected {
  return new ImageRejected("unsupported_type", `it decodes to ${channels} samples a pixel`);
}

/** Runs a pipeline to raw 8-bit samples; throws `unsupported_type` where they are neither RGB nor RGBA. */
export async function rawOf(image: Sharp): Promise<RawPixels> {
  const { data, info } = await image.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (channels !== 3 && channels !== 4) throw oddSamples(channels);
  return { data: bytesOf(data), width, height, channels };
}

/** The bytes of a buffer that sharp has made. */
export function bytesOf(buffer: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer: memory, byteOffset, byteLength } = buffer;
  // sharp allocates its own memory, which is never shared between threads.
  return new Uint8Array(memory as ArrayBuffer, byteOffset, byteLength);
}
