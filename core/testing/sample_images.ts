import { crc32 } from "node:zlib";

/** A red picture of one pixel: PNG, 69 bytes. */
export const PNG_PIXEL: Uint8Array<ArrayBuffer> = fromBase64(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC",
);

/** SHA-256 of {@link PNG_PIXEL}, computed by another program. */
export const PNG_PIXEL_SHA256 = "b1ff9c8ea3a780bad09b346c423d2d0e46815926879b18e841d928376a946640";

/** Bytes that are no picture's. */
export const NOT_AN_IMAGE: Uint8Array<ArrayBuffer> = new TextEncoder().encode(
  "Dear reader, this is a letter and not a picture at all, however long one looks at it.",
);

/** A PNG whose header claims these sides, in pixels; the pixels themselves are missing. */
export function pngOf(width: number, height: number): Uint8Array<ArrayBuffer> {
  const bytes = PNG_PIXEL.slice();
  const view = new DataView(bytes.buffer);
  view.setUint32(16, width);
  view.setUint32(20, height);
  view.setUint32(29, crc32(bytes.subarray(12, 29)));
  return bytes;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
