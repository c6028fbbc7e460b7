/** Pictures that the walks draw, and what they look for in the bytes of others. */
import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { crc32, deflateSync } from "node:zlib";

const SHARED = new URL("../../shared/images/", import.meta.url);

/** Why tests of the shared samples are skipped, or false where the samples are there. */
export const WITHOUT_SHARED_IMAGES = existsSync(SHARED)
  ? false as const
  : "the samples in ../shared/images are not there";

/** The address of a shared sample. */
export function sharedImage(path: string): URL {
  return new URL(path, SHARED);
}

/** SHA-256 in lower-case hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A PNG of noise, never twice the same, of about 3 bytes a pixel. */
export function noisePng(width: number, height: number): Uint8Array<ArrayBuffer> {
  const row = 1 + 3 * width;
  const pixels = randomBytes(row * height);
  for (let y = 0; y < height; y++) pixels[y * row] = 0; // no filter
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 2, 0, 0, 0], 8); // 8 bits, RGB
  const chunks = [
    pngChunk("IHDR", header),
    pngChunk("IDAT", deflateSync(pixels, { level: 0 })),
    pngChunk("IEND", new Uint8Array()),
  ];
  return new Uint8Array(Buffer.concat([Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10), ...chunks]));
}

/** The same as a file to upload. */
export function pngBlob(width: number, height: number): Blob {
  return new Blob([noisePng(width, height)], { type: "image/png" });
}

function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, "latin1");
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}

const COMMENT = 0xfe;
const SCAN = 0xda;

/**
 * A JPEG's size in pixels, and the blocks in front of its pixels that tell more than how to decode it: every
 * application block but JFIF's own (EXIF, XMP, ICC, Photoshop …) and comments (ITU-T T.81, annex B).
 */
export function readJpeg(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const metadata: string[] = [];
  let size = { width: 0, height: 0 };
  for (let at = 2, kind = 0; kind !== SCAN; at += 2 + view.getUint16(at + 2)) {
    if (view.getUint8(at) !== 0xff) throw new Error(`Not a JPEG's block at ${at}`);
    kind = view.getUint8(at + 1);
    if (kind > 0xe0 && kind <= 0xef) metadata.push(`APP${kind - 0xe0}`);
    if (kind === COMMENT) metadata.push("comment");
    if (kind >= 0xc0 && kind <= 0xc2) {
      size = { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    }
  }
  return { metadata, ...size };
}
