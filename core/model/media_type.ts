import { AppError } from "../errors.ts";

/** The media types that Tintype takes in, with the extension and the HEIF-ness that others ask for. */
const MEDIA_TYPES = {
  "image/jpeg": { extension: "jpg" },
  "image/png": { extension: "png" },
  "image/webp": { extension: "webp" },
  "image/avif": { extension: "avif" },
  "image/gif": { extension: "gif" },
  "image/tiff": { extension: "tiff" },
  "image/heic": { extension: "heic" },
  "image/heif": { extension: "heif" },
} as const satisfies Record<string, { readonly extension: string }>;

/** A media type that Tintype takes in. */
export type MediaType = keyof typeof MEDIA_TYPES;

/** All of them, in the order in which messages name them. */
export const ALL_MEDIA_TYPES = Object.keys(MEDIA_TYPES) as readonly MediaType[]; // keys of a const table

/** Whether `value` is exactly a media type that Tintype takes in. */
export function isMediaType(value: string): value is MediaType {
  return Object.hasOwn(MEDIA_TYPES, value);
}

/**
 * Parses a `Content-Type` (RFC 9110, section 8.3): case and parameters do not count, `image/jpg` is JPEG.
 * Throws `unsupported_type` where it is none of ours.
 */
export function parseMediaType(value: string): MediaType {
  const essence = (value.split(";", 1)[0] ?? "").trim().toLowerCase();
  const type = essence === "image/jpg" ? "image/jpeg" : essence;
  if (isMediaType(type)) return type;
  throw new AppError(
    "unsupported_type",
    `Cannot take this type as it must be one of ${ALL_MEDIA_TYPES.join(", ")}`,
    { errors: [{ path: "contentType", message: "must be the media type of a supported image" }] },
  );
}

/** Bytes that {@link sniffMediaType} wants to see; fewer may be too few to tell. */
export const SNIFF_BYTES = 64;

const HEIC_BRANDS = new Set(["heic", "heix", "heim", "heis", "hevc", "hevx"]);
const HEIF_BRANDS = new Set(["mif1", "msf1"]);
const AVIF_BRANDS = new Set(["avif", "avis"]);

/** Tells the media type from the first bytes of a file (magic bytes), or null where it is none of ours. */
export function sniffMediaType(head: Uint8Array): MediaType | null {
  if (startsWith(head, [0xff, 0xd8, 0xff])) return "image/jpeg";
  if (startsWith(head, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return "image/png";
  if (ascii(head, 0, 4) === "RIFF" && ascii(head, 8, 4) === "WEBP") return "image/webp";
  if (ascii(head, 0, 6) === "GIF87a" || ascii(head, 0, 6) === "GIF89a") return "image/gif";
  if (startsWith(head, [0x49, 0x49, 0x2a, 0x00]) || startsWith(head, [0x4d, 0x4d, 0x00, 0x2a])) {
    return "image/tiff";
  }
  if (startsWith(head, [0x49, 0x49, 0x2b, 0x00]) || startsWith(head, [0x4d, 0x4d, 0x00, 0x2b])) {
    return "image/tiff";
  }
  return ascii(head, 4, 4) === "ftyp" ? sniffBrands(head) : null;
}

/** Whether a file found to be `actual` may be declared as `declared`: HEIC and HEIF name one family. */
export function agrees(declared: MediaType, actual: MediaType): boolean {
  const family = (type: MediaType) => type === "image/heif" ? "image/heic" : type;
  return family(declared) === family(actual);
}

/** The brands of an ISO base media file's `ftyp` box (ISO/IEC 14496-12, section 4.3), as far as the head shows them. */
function sniffBrands(head: Uint8Array): MediaType | null {
  const size =
    ((head[0] ?? 0) << 24 | (head[1] ?? 0) << 16 | (head[2] ?? 0) << 8 | (head[3] ?? 0)) >>> 0;
  const end = Math.min(size, head.length);
  const brands = [ascii(head, 8, 4)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(ascii(head, at, 4));
  if (brands.some((brand) => AVIF_BRANDS.has(brand))) return "image/avif";
  if (brands.some((brand) => HEIC_BRANDS.has(brand))) return "image/heic";
  return brands.some((brand) => HEIF_BRANDS.has(brand)) ? "image/heif" : null;
}

function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return prefix.every((byte, index) => bytes[index] === byte);
}

function ascii(bytes: Uint8Array, from: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(from, from + length));
}
