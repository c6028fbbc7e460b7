/** Plants a word wherever a picture's file can say something of itself, to look for it in what comes out. */
import type { MediaType } from "../model/media_type.ts";
import { be, bytesOf, chunk, le, segment } from "./headers.ts";

/** The word. */
export const CANARY = "planted-canary";

const XMP = `<x:xmpmeta xmlns:x="adobe:ns:meta/">${CANARY}</x:xmpmeta>`;

/** The file with the word in it, in as many places as its format has. */
export function withCanaries(
  bytes: Uint8Array<ArrayBuffer>,
  mediaType: MediaType,
): Uint8Array<ArrayBuffer> {
  return new Uint8Array(PLANTERS[mediaType]?.(bytes) ?? bytesOf(bytes, CANARY));
}

const PLANTERS: Partial<Record<MediaType, (bytes: Uint8Array) => Uint8Array>> = {
  "image/jpeg": (bytes) => {
    const iptc = bytesOf(0x1c, 2, 120, be(CANARY.length, 2), CANARY);
    const resource = bytesOf("8BIM", be(0x0404, 2), be(0, 2), be(iptc.length + 1, 4), iptc, 0);
    return bytesOf(
      bytes.subarray(0, 2),
      segment(0xe1, "Exif\0\0", exifBlock()),
      segment(0xe1, "http://ns.adobe.com/xap/1.0/\0", XMP),
      segment(0xed, "Photoshop 3.0\0", resource),
      segment(0xfe, CANARY),
      bytes.subarray(2),
    );
  },
  "image/png": (bytes) =>
    bytesOf(
      bytes.subarray(0, 33),
      chunk("tEXt", `Comment\0${CANARY}`),
      chunk("iTXt", `XML:com.adobe.xmp\0\0\0\0\0${XMP}`),
      chunk("eXIf", exifBlock()),
      bytes.subarray(33),
    ),
  "image/gif": (bytes) => {
    const tableBytes = ((bytes[10] ?? 0) & 0x80) === 0 ? 0 : 3 * 2 ** (((bytes[10] ?? 0) & 7) + 1);
    const blocksAt = 13 + tableBytes;
    const comment = bytesOf(0x21, 0xfe, CANARY.length, CANARY, 0);
    return bytesOf(bytes.subarray(0, blocksAt), comment, bytes.subarray(blocksAt));
  },
  "image/webp": (bytes) => {
    const xmp = XMP.length % 2 === 0 ? XMP : `${XMP} `;
    const whole = bytesOf(bytes, "XMP ", le(xmp.length, 4), xmp);
    whole.set(le(whole.length - 8, 4), 4);
    return whole;
  },
};

/** EXIF with a description, a maker's note and a thumbnail, each of which holds the word. */
function exifBlock(): Uint8Array {
  const text = `${CANARY}\0`;
  const exifAt = 8 + 2 + 2 * 12 + 4;
  const thumbnailAt = exifAt + 2 + 12 + 4;
  const textAt = thumbnailAt + 2 + 2 * 12 + 4;
  const entry = (tag: number, type: number, count: number, value: number) =>
    bytesOf(be(tag, 2), be(type, 2), be(count, 4), be(value, 4));
  const directory = (next: number, ...entries: Uint8Array[]) =>
    bytesOf(be(entries.length, 2), ...entries, be(next, 4));
  const description = entry(0x010e, 2, text.length, textAt);
  const sizes = [entry(0x0201, 4, 1, textAt), entry(0x0202, 4, 1, text.length)];
  return bytesOf(
    ...[
      "MM",
      be(42, 2),
      be(8, 4),
      directory(thumbnailAt, description, entry(0x8769, 4, 1, exifAt)),
    ],
    ...[directory(0, entry(0x927c, 7, text.length, textAt)), directory(0, ...sizes), text],
  );
}
