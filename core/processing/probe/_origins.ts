import type { Origins } from "../../model/insights.ts";
import { type ByteRange, type OriginRanges, type ProbeReader, viewOf } from "./_reader.ts";

/** More of a block is not searched. */
const MAX_TEXT_BYTES = 4_194_304;
/** A superbox whose description box has the type of a C2PA manifest store (C2PA 2.1, section 11.1.4.2). */
const CREDENTIALS = /jumb[^]{4}jumdc2pa/;
/** Terms of IPTC's vocabulary cv.iptc.org/newscodes/digitalsourcetype, in XMP and in C2PA's actions. */
const SOURCE_TYPE = /digitalsourcetype\/(\w+)/gi;
const AI_SOURCE_TYPES = ["trainedalgorithmicmedia", "compositewithtrainedalgorithmicmedia"];
const GPS = /\bexif:GPSLatitude\b/;
/** As an attribute or an element; local time of the capture (Exif 2.32 for XMP; photoshop:DateCreated). */
const CAPTURED =
  /\b(?:exif:DateTimeOriginal|photoshop:DateCreated)(?:\s*=\s*["']|\s*>\s*)\d{4}-\d\d-\d\dT(\d\d):/;

/** What the blocks say, as far as they are at hand. */
export function originsOf(reader: ProbeReader, { xmp, jumbf = [] }: OriginRanges): Origins {
  // UTF-16 loses its zeroes.
  const packet = xmp === undefined ? "" : textAt(reader, xmp).replaceAll("\0", "");
  let manifest = "";
  for (const range of jumbf) {
    if (manifest.length < MAX_TEXT_BYTES) manifest += textAt(reader, range);
  }
  const hasCredentials = CREDENTIALS.test(manifest);
  const said = hasCredentials ? packet + manifest : packet;
  const types = Array.from(said.matchAll(SOURCE_TYPE), ([, type = ""]) => type.toLowerCase());
  const hour = Number(CAPTURED.exec(packet)?.[1] ?? NaN);
  return {
    provenance: hasCredentials ? "present" : "none",
    hasGps: GPS.test(packet),
    ...(types.length === 0 ? {} : { isAiGenerated: types.some(isAiType) }),
    ...(hour <= 23 ? { capturedHour: hour } : {}),
  };
}

/** CBOR has no end of a text: the next letters may belong to what follows. */
function isAiType(type: string): boolean {
  return AI_SOURCE_TYPES.some((known) => type.startsWith(known));
}

/** Bytes as Latin-1 text, or nothing where they are not at hand. */
function textAt(reader: ProbeReader, { offset, length }: ByteRange): string {
  const bytes = reader.held(offset, Math.min(length, MAX_TEXT_BYTES));
  return bytes === undefined ? "" : new TextDecoder("latin1").decode(bytes);
}

/** The part of a JUMBF box in a JPEG's APP11 segment (ISO 19566-5, annex D), or undefined where it is of another kind. */
export function jumbfPart(head: Uint8Array, { offset, length }: ByteRange): ByteRange | undefined {
  if (head.length < 16 || head[0] !== 0x4a || head[1] !== 0x50) return undefined;
  // Each segment repeats the box's size and type; only the first one's belong to the box.
  const from = viewOf(head).getUint32(4) === 1 ? 8 : 16;
  return { offset: offset + from, length: length - from };
}
