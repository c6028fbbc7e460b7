/** Pictures that the walks draw, and what they look for in the bytes of others. */
import { createHash, randomBytes } from "node:crypto";
import { deflateSync } from "node:zlib";
import { be, bytesOf, chunk } from "@tintype/core/testing/headers";

/** SHA-256 in lower-case hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A PNG of noise, never twice the same, of about 3 bytes a pixel. */
export function noisePng(width: number, height: number): Uint8Array<ArrayBuffer> {
  const row = 1 + 3 * width;
  const pixels = randomBytes(row * height);
  for (let y = 0; y < height; y++) pixels[y * row] = 0; // no filter
  return new Uint8Array(bytesOf(
    ...[0x89, "PNG\r\n", 0x1a, "\n"],
    chunk("IHDR", be(width, 4), be(height, 4), 8, 2, 0, 0, 0), // 8 bits, RGB
    chunk("IDAT", deflateSync(pixels, { level: 0 })),
    chunk("IEND"),
  ));
}

/** The same as a file to upload. */
export function pngBlob(width: number, height: number): Blob {
  return new Blob([noisePng(width, height)], { type: "image/png" });
}

const COMMENT = 0xfe;
const SCAN = 0xda;

/**
 * The blocks in front of a JPEG's pixels that say more than how to decode it: every application block but JFIF's own
 * (EXIF, XMP, ICC, Photoshop …) and comments (ITU-T T.81, annex B).
 */
export function jpegMetadataOf(bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const metadata: string[] = [];
  for (let at = 2, kind = 0; kind !== SCAN; at += 2 + view.getUint16(at + 2)) {
    if (view.getUint8(at) !== 0xff) throw new Error(`Not a JPEG's block at ${at}`);
    kind = view.getUint8(at + 1);
    if (kind > 0xe0 && kind <= 0xef) metadata.push(`APP${kind - 0xe0}`);
    if (kind === COMMENT) metadata.push("comment");
  }
  return metadata;
}
