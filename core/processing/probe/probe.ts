/**
 * The probe: what a file says about itself, read from its header before any decoder sees it.
 * Walk: magic bytes choose a format's file (`jpeg.ts`, `png.ts`, …), which reads through a `ProbeReader`
 * that bounds its steps; the header, the media type and where EXIF lies come back.
 */
import { hexOf } from "../../hex.ts";
import type { ImageHeader, Origins } from "../../model/insights.ts";
import { type MediaType, SNIFF_BYTES, sniffMediaType } from "../../model/media_type.ts";
import { ImageRejected } from "../../model/reject_reason.ts";
import { bmpProbe } from "./bmp.ts";
import { gifProbe } from "./gif.ts";
import { heifProbe } from "./heif.ts";
import { jpegProbe } from "./jpeg.ts";
import { jxlProbe } from "./jxl.ts";
import { originsOf } from "./_origins.ts";
import { pngProbe } from "./png.ts";
import { type ByteRange, type FormatProbe, ProbeReader } from "./_reader.ts";
import { tiffProbe } from "./tiff.ts";
import { webpProbe } from "./webp.ts";

/** What a file says about itself. */
export interface Probed {
  readonly mediaType: MediaType;
  readonly header: ImageHeader;
  /** Where EXIF lies: a TIFF structure, perhaps behind `Exif\0\0` or HEIF's four-byte offset. */
  readonly exif: ByteRange | undefined;
  /** Bytes of the colour profile as stored, 0 without one. */
  readonly iccBytes: number;
  /** Pixels that a decoder makes, before it crops them to the header's. */
  readonly codedPixels: number;
  /** What it says of how the picture came to be, as far as its bytes are at hand. */
  readonly origins: Origins;
}

const PROBES = {
  "image/jpeg": jpegProbe,
  "image/png": pngProbe,
  "image/webp": webpProbe,
  "image/avif": heifProbe,
  "image/gif": gifProbe,
  "image/tiff": tiffProbe,
  "image/heic": heifProbe,
  "image/heif": heifProbe,
  "image/jxl": jxlProbe,
  "image/bmp": bmpProbe,
} as const satisfies Record<MediaType, FormatProbe>;

/**
 * Reads type, shape and orientation of a whole file in at most five steps (numbers read, views taken, bytes made text) a
 * byte. Throws ImageRejected `not_an_image`, `unsupported_type`, `truncated` or `corrupt`.
 */
export async function probeBytes(bytes: Uint8Array): Promise<Probed> {
  const reader = new ProbeReader(bytes);
  if (reader.size === 0) throw new ImageRejected("not_an_image", "the file is empty");
  const head = reader.bytes(0, Math.min(SNIFF_BYTES, reader.size));
  const sniffed = sniffMediaType(head);
  if (sniffed === null) throw unknownType(head);
  const facts = PROBES[sniffed](reader);
  const { header, exif, iccBytes = 0, mediaType = sniffed } = facts;
  if (header.width < 1 || header.height < 1) {
    throw new ImageRejected("corrupt", `the header says ${header.width} x ${header.height} pixels`);
  }
  const codedPixels = Math.max(facts.codedPixels ?? 0, header.width * header.height);
  return { mediaType, header, exif, iccBytes, codedPixels, origins: originsOf(reader, facts) };
}

/** Pictures that are known and not taken, by their first bytes in hex. */
const KNOWN_OTHERS: readonly (readonly [RegExp, string])[] = [
  [/^00000[12]00/, "ICO"],
  [/^0000000c6a502020/, "JPEG 2000"],
  [/^38425053/, "PSD"],
  [/^........66747970/, "an ISO base media file without an image brand"],
  [/^(3c737667|3c3f786d6c)/, "SVG or XML"],
];

function unknownType(head: Uint8Array): ImageRejected {
  const hex = hexOf(head.subarray(0, 16));
  const known = KNOWN_OTHERS.find(([magic]) => magic.test(hex));
  if (known !== undefined) return new ImageRejected("unsupported_type", `it is ${known[1]}`);
  return new ImageRejected("not_an_image", "its first bytes are no image format's");
}
