/** Pictures that are full of what must not be told, and a look for it in everything that a system leaves behind. */
import { Buffer } from "node:buffer";

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

const ASCII = 2;
const LONG = 4;
const RATIONAL = 5;
const UNDEFINED = 7;

interface Entry {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  readonly data: Buffer;
}

/** A JPEG with a canary in every block that may hold one; the pixels stay as they are. */
export function withCanaries(jpeg: Uint8Array): Uint8Array<ArrayBuffer> {
  const exif = segment(0xe1, Buffer.concat([Buffer.from("Exif\0\0", "latin1"), exifBlock()]));
  const xmp =
    `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
    `<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>${CANARIES.xmpCreator}</dc:creator>` +
    `</rdf:Description></rdf:RDF></x:xmpmeta>`;
  const blocks = [
    exif,
    segment(0xe1, Buffer.from(`http://ns.adobe.com/xap/1.0/\0${xmp}`, "latin1")),
    segment(0xfe, Buffer.from(CANARIES.jpegComment, "latin1")),
  ];
  return new Uint8Array(Buffer.concat([jpeg.subarray(0, 2), ...blocks, jpeg.subarray(2)]));
}

/** Which of the words stand in the text; bytes are to be given as latin1. */
export function canariesIn(text: string, more: readonly string[] = []): string[] {
  const lower = text.toLowerCase();
  return [...Object.values(CANARIES), ...more].filter((word) => lower.includes(word.toLowerCase()));
}

function segment(marker: number, data: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([head, data]);
}

/** A little-endian TIFF structure: IFD0 at 8, behind it the EXIF and GPS directories (CIPA DC-008, 4.6). */
function exifBlock(): Buffer {
  const header = Buffer.from([0x49, 0x49, 42, 0, 8, 0, 0, 0]);
  const ifd0 = (exifAt: number, gpsAt: number) => [
    ascii(0x010e, CANARIES.description),
    ascii(0x010f, "Apple"),
    ascii(0x0110, "iPhone 15"),
    ascii(0x0131, CANARIES.software),
    ascii(0x013b, CANARIES.artist),
    ascii(0x013c, CANARIES.hostComputer),
    ascii(0x8298, CANARIES.copyright),
    long(0x8769, exifAt),
    long(0x8825, gpsAt),
  ];
  const exif = [
    { tag: 0x927c, type: UNDEFINED, ...bytes(CANARIES.makerNote) },
    { tag: 0x9286, type: UNDEFINED, ...bytes(`ASCII\0\0\0${CANARIES.userComment}`) },
    ascii(0xa420, CANARIES.uniqueId),
    ascii(0xa430, CANARIES.ownerName),
    ascii(0xa431, CANARIES.bodySerial),
    ascii(0xa434, CANARIES.lensModel),
    ascii(0xa435, CANARIES.lensSerial),
  ];
  const gps = [
    ascii(0x0001, "N"),
    rationals(0x0002, [48, 1], [51, 1], [2988, 100]),
    ascii(0x0003, "E"),
    rationals(0x0004, [2, 1], [17, 1], [4020, 100]),
  ];
  const exifAt = 8 + directory(ifd0(0, 0), 8).length;
  const gpsAt = exifAt + directory(exif, exifAt).length;
  const parts = [directory(ifd0(exifAt, gpsAt), 8), directory(exif, exifAt), directory(gps, gpsAt)];
  return Buffer.concat([header, ...parts]);
}

/** A directory that begins at `at`, and behind it the values that do not fit into four bytes. */
function directory(entries: readonly Entry[], at: number): Buffer {
  const table = Buffer.alloc(2 + 12 * entries.length + 4);
  table.writeUInt16LE(entries.length, 0);
  const behind: Buffer[] = [];
  let free = at + table.length;
  entries.forEach(({ tag, type, count, data }, index) => {
    const place = 2 + 12 * index;
    table.writeUInt16LE(tag, place);
    table.writeUInt16LE(type, place + 2);
    table.writeUInt32LE(count, place + 4);
    if (data.length <= 4) return void data.copy(table, place + 8);
    table.writeUInt32LE(free, place + 8);
    behind.push(data);
    free += data.length;
  });
  return Buffer.concat([table, ...behind]);
}

function bytes(text: string) {
  const data = Buffer.from(text, "latin1");
  return { count: data.length, data };
}

function ascii(tag: number, text: string): Entry {
  return { tag, type: ASCII, ...bytes(`${text}\0`) };
}

function long(tag: number, value: number): Entry {
  const data = Buffer.alloc(4);
  data.writeUInt32LE(value);
  return { tag, type: LONG, count: 1, data };
}

function rationals(tag: number, ...values: readonly (readonly [number, number])[]): Entry {
  const data = Buffer.alloc(8 * values.length);
  values.forEach(([over, under], index) => {
    data.writeUInt32LE(over, 8 * index);
    data.writeUInt32LE(under, 8 * index + 4);
  });
  return { tag, type: RATIONAL, count: values.length, data };
}
