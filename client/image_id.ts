/** A new image id (UUIDv7, RFC 9562, section 5.7), so that a repeated start is the same image. */
export function newImageId(nowMs: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let index = 0; index < 6; index++) {
    bytes[index] = Math.floor(nowMs / 2 ** (8 * (5 - index))) % 256;
  }
  bytes[6] = 0x70 | (bytes[6] ?? 0) & 0x0f;
  bytes[8] = 0x80 | (bytes[8] ?? 0) & 0x3f;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)]
    .join("-");
}

/** When an image's upload began by its id, in milliseconds since the epoch. */
export function timeOfImageId(imageId: string): number {
  return parseInt(imageId.replace("-", "").slice(0, 12), 16);
}
