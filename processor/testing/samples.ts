/** Picture files for the codecs' tests: drawn here, written by sharp, or read from the shared folder where it is there. */
import sharp, { type Sharp } from "sharp";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { MediaType } from "@tintype/core/model/media_type";
import { DEFAULT_RENDITIONS } from "@tintype/core/model/rendition";
import type { RawPixels } from "@tintype/core/ports/image_codec";
import type { RenderRequest } from "@tintype/core/ports/pixel_engine";
import { probeBytes } from "@tintype/core/processing/probe/probe";
import type { SampleMaker, SampleVariant } from "@tintype/core/testing/codec_contract";
import { be, bytesOf, chunk, le } from "@tintype/core/testing/headers";

const QUALITY = 95;
const WRITERS: Partial<Record<MediaType, (image: Sharp) => Sharp>> = {
  "image/jpeg": (image) => image.jpeg({ quality: QUALITY }),
  "image/png": (image) => image.png(),
  "image/webp": (image) => image.webp({ quality: QUALITY }),
  // More effort makes smaller files, in seconds instead of fractions of one.
  "image/avif": (image) => image.avif({ quality: QUALITY, effort: 0 }),
  "image/gif": (image) => image.gif(),
  "image/tiff": (image) => image.tiff(),
};

const SHARED = new URL("../../../shared/images/", import.meta.url);

/** Why tests of the shared samples are skipped, or false where the samples are there. */
export const WITHOUT_SHARED_IMAGES = existsSync(SHARED)
  ? false as const
  : "the samples in ../shared/images are not there";

/** How samples come to store their colours otherwise than in 8-bit sRGB. */
const VARIANTS: Record<SampleVariant, (image: Sharp) => Sharp> = {
  grey: (image) => image.toColourspace("b-w"),
  deep: (image) => image.toColourspace("rgb16"),
  p3: (image) => image.withIccProfile("p3"),
  cmyk: (image) => image.toColourspace("cmyk"),
  p3_points: (image) => image.withIccProfile("p3"),
  linear: (image) => image,
};

/** Chunks of PNG that give colours by code points, before a profile that the file has too. */
const CODE_POINTS: Partial<Record<SampleVariant, Uint8Array>> = {
  p3_points: chunk("cICP", 12, 13, 0, 1),
  linear: chunk("gAMA", be(100_000, 4)),
};
/** Where PNG's first chunk ends. */
const BEHIND_IHDR = 33;

/** Writes pixels as a file, with every kind of metadata in it that a test looks for in what comes out. */
export const makeSample: SampleMaker = async (pixels, { mediaType, orientation, variant }) => {
  if (mediaType === "image/bmp") return bmpOf(pixels);
  const write = WRITERS[mediaType];
  if (write === undefined) throw new TypeError(`Cannot make a sample of ${mediaType}`);
  const { data, width, height, channels } = pixels;
  const samples = variant === "linear" ? data.map(linear) : data;
  const image = sharp(samples, { raw: { width, height, channels } });
  const stored = variant === undefined ? image : VARIANTS[variant](image);
  const tagged = orientation === undefined ? stored : stored
    .withExif({ IFD0: { Copyright: "canary", Make: "Canon" } })
    .withMetadata({ orientation });
  const file = new Uint8Array(await write(tagged).toBuffer());
  const points = variant === undefined ? undefined : CODE_POINTS[variant];
  if (points === undefined) return file;
  return new Uint8Array([...file.slice(0, BEHIND_IHDR), ...points, ...file.slice(BEHIND_IHDR)]);
};

/** A BMP of Windows 3 in 24 bits: rows from the bottom, blue first. */
function bmpOf({ data, width, height, channels }: RawPixels): Uint8Array<ArrayBuffer> {
  const stride = Math.ceil(width * 3 / 4) * 4;
  const at = 54;
  const size = at + stride * height;
  const head = ["BM", le(size, 4), le(0, 4), le(at, 4), le(40, 4), le(width, 4), le(height, 4)];
  const file = new Uint8Array(size);
  file.set(bytesOf(...head, le(1, 2), le(24, 2), le(0, 24)));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [red = 0, green = 0, blue = 0] = data.subarray((y * width + x) * channels);
      file.set([blue, green, red], at + (height - 1 - y) * stride + x * 3);
    }
  }
  return file;
}

/** Light of an sRGB sample (IEC 61966-2-1, section 5.2), as a sample. */
function linear(sample: number): number {
  const value = sample / 255;
  return Math.round(255 * (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
}

/** The request to make the default renditions of a file. */
export async function renderRequestOf(bytes: Uint8Array<ArrayBuffer>): Promise<RenderRequest> {
  return { bytes, ...await probeBytes(bytes), renditions: DEFAULT_RENDITIONS };
}

/** A file of the shared samples. */
export function sharedImage(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(path, SHARED)));
}

/** Names of the shared samples in a folder, as `folder/name`. */
export function sharedImages(folder: string): string[] {
  return readdirSync(new URL(`${folder}/`, SHARED)).sort().map((name) => `${folder}/${name}`);
}
