import type { MediaType } from "../model/media_type.ts";
import { be, box, bytesOf, chunk, heif, iref, ispe, le, png, VERSION } from "./headers.ts";

/** A header of some kilobytes that asks for its own bytes again and again. */
type Echo = readonly [name: string, mediaType: MediaType, bytes: Uint8Array];

const AVIF = { brand: "avif", item: "av01", properties: [ispe(40, 30)] };
const GIF = bytesOf("GIF89a", le(6, 2), le(4, 2));
const NO_CHUNKS = Array.from({ length: 9_000 }, () => chunk("noNe"));
const NO_EXTENSIONS = new Uint8Array(90_000).map((_, at) => at % 3 === 0 ? 0x21 : 0);

/** Headers whose reader must not do more the more often they repeat themselves. */
export const ECHOES: readonly Echo[] = [
  ["TIFF directories that overlap", "image/tiff", overlappingDirectories()],
  ["HEIF extents of no bytes", "image/avif", emptyExtents()],
  ["HEIF references to one long property", "image/avif", repeatedReferences()],
  ["JPEG fill bytes", "image/jpeg", bytesOf(0xff, 0xd8, new Uint8Array(19_000).fill(0xff), 0xd9)],
  ["PNG chunks of no bytes", "image/png", png({ width: 4, height: 4, before: NO_CHUNKS })],
  ["GIF extensions of no bytes", "image/gif", bytesOf(GIF, 0, 0, 0, NO_EXTENSIONS)],
];

function overlappingDirectories(): Uint8Array {
  const [pages, stride, entries] = [9_000, 6, 4_096];
  const bytes = new Uint8Array(8 + pages * stride + 2 + entries * 12 + 4);
  const view = new DataView(bytes.buffer);
  bytes.set(bytesOf("II", le(42, 2), le(8, 4)));
  for (let page = 0; page < pages; page += 1) {
    const at = 8 + page * stride;
    view.setUint16(at, entries, true);
    view.setUint32(at + 2 + entries * 12, page === pages - 1 ? 0 : at + stride, true);
  }
  return bytes;
}

function emptyExtents(): Uint8Array {
  const items = Array.from({ length: 8_192 }, (_, id) => [...be(id, 2), 0, 0, ...be(8_192, 2)]);
  const iloc = box("iloc", VERSION, be(0, 2), be(items.length, 2), items.flat());
  return heif({ ...AVIF, more: [iloc] });
}

function repeatedReferences(): Uint8Array {
  const references = Array.from({ length: 50 }, () => ["auxl", 2, 1] as const);
  return heif({
    ...AVIF,
    properties: [ispe(40, 30), box("auxC", VERSION, "x".repeat(60_000))],
    owners: { 1: [1], 2: Array(255).fill(2) },
    more: [iref(...references)],
  });
}
