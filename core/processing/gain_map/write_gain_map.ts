import { type GainMapNumbers, ISO_NAME, type StoredGainMap } from "./gain_map.ts";
import { APP0, APP1, APP2, XMP_NAME } from "../probe/jpeg_markers.ts";

/** Bytes of the index of two pictures, its marker and length included. */
const INDEX_BYTES = 90;
/** Where the index's own header begins in its segment, from which offsets count. */
const INDEX_HEADER_AT = 8;
/** The kind of the first picture: JPEG, primary (CIPA DC-007, section 5.2.3.3.1). */
const PRIMARY = 0x00030000;
/** Fractions of ISO 21496-1 are written as millionths. */
const MILLION = 1_000_000;

const HDRGM = 'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"';

/**
 * A JPEG with a gain map behind it: the form of Ultra HDR 1.1, which has the map's numbers as XMP and by ISO 21496-1, and lists
 * the map in XMP and in an index of pictures. Both files are to be without metadata.
 */
export function withGainMap(
  base: Uint8Array,
  { bytes, numbers }: StoredGainMap,
): Uint8Array<ArrayBuffer> {
  const map = inserted(bytes, [
    xmp(numbersXmp(numbers)),
    segment(APP2, text(ISO_NAME), isoOf(numbers)),
  ]);
  const before = [
    xmp(directoryXmp(map.length)),
    // The base has the versions alone.
    segment(APP2, text(ISO_NAME), new Uint8Array(4)),
  ];
  const added = before.reduce((sum, { length }) => sum + length, INDEX_BYTES);
  const whole = base.length + added;
  const indexAt = headEnd(base) + added - INDEX_BYTES;
  const index = indexOf({ whole, map: map.length, at: indexAt });
  return concatBytes([inserted(base, [...before, index]), map]);
}

/** Behind JFIF's segment, which comes first where there is one. */
function headEnd(file: Uint8Array): number {
  return file[3] === APP0 ? 4 + (file[4] ?? 0) * 256 + (file[5] ?? 0) : 2;
}

function inserted(file: Uint8Array, segments: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const at = headEnd(file);
  return concatBytes([file.subarray(0, at), ...segments, file.subarray(at)]);
}

function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function segment(marker: number, ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 2);
  return concatBytes([Uint8Array.of(0xff, marker, length >> 8, length & 255), ...parts]);
}

function text(ascii: string): Uint8Array {
  return new TextEncoder().encode(ascii);
}

function xmp(description: string): Uint8Array {
  const packet = '<x:xmpmeta xmlns:x="adobe:ns:meta/">' +
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
    `<rdf:Description rdf:about="" ${description}</rdf:Description></rdf:RDF></x:xmpmeta>`;
  return segment(APP1, text(XMP_NAME + packet));
}

function directoryXmp(mapBytes: number): string {
  const item = (semantic: string, more = "") =>
    '<rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="image/jpeg" ' +
    `Item:Semantic="${semantic}"${more}/></rdf:li>`;
  return `${HDRGM} xmlns:Container="http://ns.google.com/photos/1.0/container/" ` +
    'xmlns:Item="http://ns.google.com/photos/1.0/container/item/"><Container:Directory><rdf:Seq>' +
    item("Primary") + item("GainMap", ` Item:Length="${mapBytes}"`) +
    "</rdf:Seq></Container:Directory>";
}

function numbersXmp(numbers: GainMapNumbers): string {
  const { min, max, gamma, offsetSdr, offsetHdr, capacityMin, capacityMax } = numbers;
  const named = [
    ...[["GainMapMin", min], ["GainMapMax", max], ["Gamma", gamma]] as const,
    ...[["OffsetSDR", offsetSdr], ["OffsetHDR", offsetHdr]] as const,
    ...[["HDRCapacityMin", [capacityMin]], ["HDRCapacityMax", [capacityMax]]] as const,
  ];
  const isOne = (values: readonly number[]) => values.length === 1;
  const attributes = named.filter(([, values]) => isOne(values))
    .map(([name, [value]]) => ` hdrgm:${name}="${value}"`);
  const elements = named.filter(([, values]) => !isOne(values)).map(([name, values]) => {
    const list = values.map((value) => `<rdf:li>${value}</rdf:li>`).join("");
    return `<hdrgm:${name}><rdf:Seq>${list}</rdf:Seq></hdrgm:${name}>`;
  });
  return `${HDRGM}${attributes.join("")} hdrgm:BaseRenditionIsHDR="False">${elements.join("")}`;
}

/** ISO 21496-1, annex C. */
function isoOf(numbers: GainMapNumbers): Uint8Array {
  const { min, max, gamma, offsetSdr, offsetHdr, capacityMin, capacityMax } = numbers;
  const all = [min, max, gamma, offsetSdr, offsetHdr];
  const channels = all.every(({ length }) => length === 1) ? [0] : [0, 1, 2];
  const values = channels.flatMap((channel) => all.map((each) => each[channel] ?? each[0] ?? 0));
  const fractions = [capacityMin, capacityMax, ...values];
  const bytes = new Uint8Array(5 + 8 * fractions.length);
  const view = new DataView(bytes.buffer);
  // The base's colours are the map's.
  bytes[4] = (channels.length === 3 ? 0x80 : 0) | 0x40;
  for (const [at, value] of fractions.entries()) {
    view.setInt32(5 + 8 * at, Math.round(value * MILLION));
    view.setUint32(9 + 8 * at, MILLION);
  }
  return bytes;
}

/** Where the two pictures lie: `at` is the index's place in the file, lengths are in bytes. */
function indexOf(
  { whole, map, at }: { readonly whole: number; readonly map: number; readonly at: number },
): Uint8Array {
  const bytes = new Uint8Array(INDEX_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set([0xff, APP2, 0, INDEX_BYTES - 2, ...text("MPF\0MM\0*")]);
  const header = new DataView(bytes.buffer, INDEX_HEADER_AT);
  header.setUint32(4, 8);
  header.setUint16(8, 3);
  const tag = (line: number, [id, type, count]: readonly [number, number, number]) => {
    header.setUint16(10 + 12 * line, id);
    header.setUint16(12 + 12 * line, type);
    header.setUint32(14 + 12 * line, count);
  };
  tag(0, [0xb000, 7, 4]);
  bytes.set(text("0100"), INDEX_HEADER_AT + 18);
  tag(1, [0xb001, 4, 1]);
  header.setUint32(30, 2);
  tag(2, [0xb002, 7, 32]);
  header.setUint32(42, 50);
  view.setUint32(INDEX_HEADER_AT + 50, PRIMARY);
  view.setUint32(INDEX_HEADER_AT + 54, whole);
  view.setUint32(INDEX_HEADER_AT + 70, map);
  view.setUint32(INDEX_HEADER_AT + 74, whole - at - INDEX_HEADER_AT);
  return bytes;
}
