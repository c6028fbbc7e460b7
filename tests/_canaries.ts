/** Pictures that are full of what must not be seen, and a look for it in everything that a system leaves behind. */
import { bytesOf, le, segment } from "@tintype/core/testing/headers";

/** Words that stand for a person, a place or a device, each in a field of its own. */
const CANARIES = {
  artist: "Artist-Zaphod-Canary",
  copyright: "Copyright-Zaphod-Canary",
  description: "Description-Zaphod-Canary",
  software: "Software-Zaphod-Canary",
  hostComputer: "Zaphods-Canary-Phone",
  userComment: "Comment-Zaphod-Canary",
  ownerName: "Owner-Zaphod-Canary",
  bodySerial: "SN770077007700",
  lensModel: "Lens 880088008800",
  lensSerial: "LS990099009900",
  uniqueId: "abcdabcdabcdabcdabcdabcdabcdabcd",
  makerNote: "Maker-Zaphod-Canary",
  xmpCreator: "Xmp-Zaphod-Canary",
  jpegComment: "Jpeg-Zaphod-Canary",
  latitude: "48.8583",
  longitude: "2.2945",
} as const;

const XMP =
  `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
  `<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>${CANARIES.xmpCreator}</dc:creator>` +
  `</rdf:Description></rdf:RDF></x:xmpmeta>`;

/** A JPEG with a canary in every block that may hold one; the pixels stay as they are. */
export function withCanaries(jpeg: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytesOf(
    jpeg.subarray(0, 2),
    segment(0xe1, "Exif\0\0", exifBlock()),
    segment(0xe1, "http://ns.adobe.com/xap/1.0/\0", XMP),
    segment(0xfe, CANARIES.jpegComment),
    jpeg.subarray(2),
  ));
}

/** Which of the words stand in the text; bytes are to be given as latin1. */
export function canariesIn(text: string, more: readonly string[] = []): string[] {
  const lower = text.toLowerCase();
  return [...Object.values(CANARIES), ...more].filter((word) => lower.includes(word.toLowerCase()));
}

/** An entry of a directory: its values' bytes, and how many values they are. */
interface Entry {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  readonly data: Uint8Array;
}

/** A little-endian TIFF structure: IFD0 at 8, behind it the EXIF and GPS directories (CIPA DC-008, 4.6). */
function exifBlock(): Uint8Array {
  const ifd0 = (exifAt: number, gpsAt: number) =>
    directory(8, [
      ascii(0x010e, CANARIES.description),
      ascii(0x010f, "Apple"),
      ascii(0x0110, "iPhone 15"),
      ascii(0x0131, CANARIES.software),
      ascii(0x013b, CANARIES.artist),
      ascii(0x013c, CANARIES.hostComputer),
      ascii(0x8298, CANARIES.copyright),
      long(0x8769, exifAt),
      long(0x8825, gpsAt),
    ]);
  const exifAt = 8 + ifd0(0, 0).length;
  const exif = directory(exifAt, [
    opaque(0x927c, CANARIES.makerNote),
    opaque(0x9286, `ASCII\0\0\0${CANARIES.userComment}`),
    ascii(0xa420, CANARIES.uniqueId),
    ascii(0xa430, CANARIES.ownerName),
    ascii(0xa431, CANARIES.bodySerial),
    ascii(0xa434, CANARIES.lensModel),
    ascii(0xa435, CANARIES.lensSerial),
  ]);
  const gpsAt = exifAt + exif.length;
  const gps = directory(gpsAt, [
    ascii(0x0001, "N"),
    rationals(0x0002, [48, 1, 51, 1, 2988, 100]),
    ascii(0x0003, "E"),
    rationals(0x0004, [2, 1, 17, 1, 4020, 100]),
  ]);
  return bytesOf("II", le(42, 2), le(8, 4), ifd0(exifAt, gpsAt), exif, gps);
}

/** A directory that begins at `at`, and behind it the values that do not fit into four bytes. */
function directory(at: number, entries: readonly Entry[]): Uint8Array {
  let free = at + 2 + 12 * entries.length + 4;
  const behind: Uint8Array[] = [];
  const table = entries.map(({ tag, type, count, data }) => {
    const isShort = data.length <= 4;
    const value = isShort ? bytesOf(data, new Uint8Array(4 - data.length)) : le(free, 4);
    if (!isShort) behind.push(data);
    if (!isShort) free += data.length;
    return bytesOf(le(tag, 2), le(type, 2), le(count, 4), value);
  });
  return bytesOf(le(entries.length, 2), ...table, le(0, 4), ...behind);
}

function ascii(tag: number, text: string): Entry {
  return { tag, type: 2, count: text.length + 1, data: bytesOf(`${text}\0`) };
}

function long(tag: number, value: number): Entry {
  return { tag, type: 4, count: 1, data: bytesOf(le(value, 4)) };
}

/** Numerators and denominators by turns. */
function rationals(tag: number, numbers: readonly number[]): Entry {
  const data = bytesOf(...numbers.map((number) => le(number, 4)));
  return { tag, type: 5, count: numbers.length / 2, data };
}

function opaque(tag: number, text: string): Entry {
  return { tag, type: 7, count: text.length, data: bytesOf(text) };
}
