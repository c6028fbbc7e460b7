/** Picture files for the codecs' tests: drawn here, written by sharp, or read from the shared folder where it is there. */
import sharp, { type Sharp } from "sharp";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { SampleMaker, SampleVariant } from "@tintype/core/testing/codec_contract";

/** What sharp can write: of our types all but those of HEVC. */
const WRITERS = ["jpeg", "png", "webp", "avif", "gif", "tiff"] as const;

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
};

/** Writes pixels as a file, with every kind of metadata in it that a test looks for in what comes out. */
export const makeSample: SampleMaker = async (pixels, { mediaType, orientation, variant }) => {
  const format = WRITERS.find((name) => mediaType === `image/${name}`);
  if (format === undefined) throw new TypeError(`Cannot make a sample of ${mediaType}`);
  const { data, width, height, channels } = pixels;
  const image = sharp(data, { raw: { width, height, channels } });
  const stored = variant === undefined ? image : VARIANTS[variant](image);
  const told = orientation === undefined ? stored : stored
    .withExif({ IFD0: { Copyright: "canary", Make: "Canon" } })
    .withMetadata({ orientation });
  const options = format === "avif" || format === "jpeg" || format === "webp"
    ? { quality: 95 }
    : {};
  return new Uint8Array(await told[format](options).toBuffer());
};

/** A file of the shared samples. */
export function sharedImage(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(path, SHARED)));
}

/** Names of the shared samples in a folder, as `folder/name`. */
export function sharedImages(folder: string): string[] {
  return readdirSync(new URL(`${folder}/`, SHARED)).sort().map((name) => `${folder}/${name}`);
}
