import { hexOf } from "@tintype/gcs/hex";

/** A new image id (UUIDv7, RFC 9562, section 5.7), so that a repeated start is the same image. */
export function newImageId(nowMs: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  bytes[0] = 0x70 | (bytes[0] ?? 0) & 0x0f;
  bytes[2] = 0x80 | (bytes[2] ?? 0) & 0x3f;
  const hex = Math.floor(nowMs).toString(16).padStart(12, "0") + hexOf(bytes);
  return hex.replace(/^(.{8})(....)(....)(....)/, "$1-$2-$3-$4-");
}

/** When an image's upload began by its id, in milliseconds since the epoch. */
export function timeOfImageId(imageId: string): number {
  return parseInt(imageId.replace("-", "").slice(0, 12), 16);
}
