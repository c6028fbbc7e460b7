import { AppError } from "../errors.ts";
import { hexOf } from "../hex.ts";

/** Everything that is known of a media type: whoever needs a part of it reads it here. */
interface MediaTypeRow {
  /** As people call it. */
  readonly label: string;
  /** What file names end in, without the dot, the usual one first. */
  readonly extensions: readonly [string, ...string[]];
  /** Matches the file's {@link signatureOf signature}. */
  readonly magic: RegExp;
  /** Which library of the processor decodes it. */
  readonly decoder: "libvips" | "libheif" | "libav";
  /** Whether a tenant has to name it among its `allowedTypes`. */
  readonly isOptional?: boolean;
}

/** The media types that Tintype takes in, in the order in which messages name them and in which brands are looked for. */
export const MEDIA_TYPES = {
  "image/jpeg": {
    label: "JPEG",
    extensions: ["jpg", "jpeg"],
    // Decoders step over what stands before the next marker.
    magic: /^ffd8(ff|00)/,
    decoder: "libvips",
  },
  "image/png": {
    label: "PNG",
    extensions: ["png"],
    magic: /^89504e470d0a1a0a/,
    decoder: "libvips",
  },
  "image/webp": {
    label: "WebP",
    extensions: ["webp"],
    magic: /^52494646.{8}57454250/,
    decoder: "libvips",
  },
  "image/avif": {
    label: "AVIF",
    extensions: ["avif"],
    magic: /^ftyp[^]*:avi[fs]/,
    decoder: "libvips",
  },
  "image/gif": {
    label: "GIF",
    extensions: ["gif"],
    magic: /^474946383[79]61/,
    decoder: "libvips",
  },
  "image/tiff": {
    label: "TIFF",
    extensions: ["tiff", "tif"],
    // The second of each pair is BigTIFF.
    magic: /^(49492[ab]00|4d4d002[ab])/,
    decoder: "libvips",
  },
  "image/heic": {
    label: "HEIC",
    extensions: ["heic"],
    magic: /^ftyp[^]*:(hei[cxms]|hev[cx])/,
    decoder: "libheif",
  },
  "image/heif": {
    label: "HEIF",
    extensions: ["heif"],
    magic: /^ftyp[^]*:(mif1|msf1)/,
    decoder: "libheif",
  },
  "image/jxl": {
    label: "JPEG XL",
    extensions: ["jxl"],
    // A bare codestream, and one in boxes.
    magic: /^(ff0a|0000000c4a584c200d0a870a)/,
    decoder: "libav",
    isOptional: true,
  },
  "image/bmp": {
    label: "BMP",
    extensions: ["bmp", "dib"],
    magic: /^424d.{8}00000000/,
    decoder: "libav",
    isOptional: true,
  },
} as const satisfies Record<string, MediaTypeRow>;

/** A media type that Tintype takes in. */
export type MediaType = keyof typeof MEDIA_TYPES;

/** All of them. */
export const ALL_MEDIA_TYPES = Object.keys(MEDIA_TYPES) as [MediaType, ...MediaType[]]; // keys of a const table

/** Those that are taken where a tenant's object does not say otherwise. */
export const DEFAULT_MEDIA_TYPES = ALL_MEDIA_TYPES.filter((type) => {
  const { isOptional = false }: MediaTypeRow = MEDIA_TYPES[type];
  return !isOptional;
});

/** Whether `value` is exactly a media type that Tintype takes in. */
export function isMediaType(value: string): value is MediaType {
  return Object.hasOwn(MEDIA_TYPES, value);
}

/**
 * Parses a `Content-Type` (RFC 9110, section 8.3): case and parameters do not count, `image/jpg` and `image/pjpeg` are JPEG.
 * Throws `unsupported_type` where it is none of ours.
 */
export function parseMediaType(value: string): MediaType {
  const type = mediaTypeOf(value);
  if (type !== undefined) return type;
  throw new AppError(
    "unsupported_type",
    `Cannot take this type as it must be one of ${ALL_MEDIA_TYPES.join(", ")}`,
    { errors: [{ path: "contentType", message: "must be the media type of a supported image" }] },
  );
}

/** The media type of a `Content-Type`, as {@link parseMediaType} reads it; undefined where it is none of ours. */
export function mediaTypeOf(value: string): MediaType | undefined {
  const type = essenceOf(value).replace(/^image\/p?jpe?g$/, "image/jpeg");
  return isMediaType(type) ? type : undefined;
}

/** Whether a `Content-Type` leaves open what the bytes are: it is empty, or `application/octet-stream`. */
export function isOpenType(value: string): boolean {
  return ["", "application/octet-stream"].includes(essenceOf(value));
}

function essenceOf(value: string): string {
  return (value.split(";", 1)[0] ?? "").trim().toLowerCase();
}

/** The media type that a file's name or path ends in, in any case; undefined where it is none of ours. */
export function mediaTypeOfName(name: string): MediaType | undefined {
  const ending = /[^/\\]\.([^./\\]+)$/.exec(name)?.[1]?.toLowerCase();
  return ALL_MEDIA_TYPES.find((type) =>
    MEDIA_TYPES[type].extensions.some((extension) => extension === ending)
  );
}

/** The media types that a library of the processor decodes. */
export function typesDecodedBy(decoder: MediaTypeRow["decoder"]): readonly MediaType[] {
  return ALL_MEDIA_TYPES.filter((type) => MEDIA_TYPES[type].decoder === decoder);
}

/** Bytes that {@link sniffMediaType} needs; with fewer it may find nothing. */
export const SNIFF_BYTES = 64;

/** Finds the media type by the first bytes of a file (magic bytes), or null where it is none of ours. */
export function sniffMediaType(head: Uint8Array): MediaType | null {
  const signature = signatureOf(head);
  return ALL_MEDIA_TYPES.find((type) => MEDIA_TYPES[type].magic.test(signature)) ?? null;
}

/** Whether a file found to be `actual` may be declared as `declared`: HEIC and HEIF name one family. */
export function agrees(declared: MediaType, actual: MediaType): boolean {
  const family = (type: MediaType) => type === "image/heif" ? "image/heic" : type;
  return family(declared) === family(actual);
}

/**
 * The first sixteen bytes in hex; of an ISO base media file `ftyp` and its brands as far as the head shows them, each
 * behind a colon (ISO/IEC 14496-12, section 4.3).
 */
function signatureOf(head: Uint8Array): string {
  if (ascii(head, 4) !== "ftyp") return hexOf(head.subarray(0, 16));
  const [a = 0, b = 0, c = 0, d = 0] = head;
  const end = Math.min((a << 24 | b << 16 | c << 8 | d) >>> 0, head.length);
  const brands = [ascii(head, 8)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(ascii(head, at));
  return ["ftyp", ...brands].join(":");
}

function ascii(bytes: Uint8Array, from: number): string {
  return String.fromCharCode(...bytes.subarray(from, from + 4));
}
