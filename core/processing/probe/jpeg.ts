import type { ColorSpace } from "../../model/insights.ts";
import { ImageRejected } from "../../model/reject_reason.ts";
import { iccName, profileColor } from "./_icc_name.ts";
import { exifOrientation } from "./_ifd.ts";
import { jumbfPart } from "./_origins.ts";
import { type ByteRange, type FormatFacts, latin1, type ProbeReader, viewOf } from "./_reader.ts";
import { APP1, APP2, START_OF_SCAN, XMP_NAME } from "./jpeg_markers.ts";

/** Start-of-frame markers (ITU-T T.81, table B.1): those that the decoders take, and those that they do not. */
const TAKEN_FRAMES = new Set([0xc0, 0xc1, 0xc2]);
const REFUSED_FRAMES = new Set([0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf]);
const START_OF_IMAGE = 0xd8;
const END_OF_IMAGE = 0xd9;
const APP11 = 0xeb;
const APP14 = 0xee;
/** Bytes of a profile's first segment that are searched for its name. */
const ICC_HEAD_BYTES = 65_519;
/** Bytes that are looked at for the next marker at once. */
const SEARCHED_BYTES = 4_096;

interface Found {
  exif?: ByteRange;
  orientation: number;
  iccName?: string | undefined;
  iccBytes: number;
  xmp?: ByteRange;
  readonly jumbf: ByteRange[];
  /** Adobe's colour transform; undefined without its marker. */
  adobeTransform?: number;
}

/** Walks JPEG's segments to the frame header; lossless, hierarchical, arithmetic and 12-bit files are `unsupported_type`. */
export function jpegProbe(reader: ProbeReader): FormatFacts {
  const found: Found = { orientation: 1, iccBytes: 0, jumbf: [] };
  for (let from = 2;;) {
    reader.step();
    const { at, marker } = nextMarker(reader, from);
    const range = segmentAt(reader, at, marker);
    if (TAKEN_FRAMES.has(marker)) return frameFacts(reader.bytes(range.offset, 6), found);
    readSegment(reader, marker, range, found);
    from = range.offset + range.length;
  }
}

/** The next marker that begins a segment; decoders step over stray bytes, fill bytes and markers without a length. */
function nextMarker(reader: ProbeReader, from: number) {
  for (let at = from, length = 2;; length = SEARCHED_BYTES) {
    const bytes = reader.bytes(at, Math.max(2, Math.min(length, reader.size - at)));
    const found = bytes.findIndex((byte, index) => byte === 0xff && hasLength(bytes[index + 1]));
    if (found >= 0) return { at: at + found, marker: bytes[found + 1] ?? 0 };
    reader.step();
    at += bytes.length - 1;
  }
}

/** Whether a byte behind 0xff begins a segment: no stuffed zero, fill byte, TEM or restart (ITU-T T.81, table B.1). */
function hasLength(code: number | undefined): boolean {
  const isBare = code === 0x00 || code === 0xff || code === 0x01 || ((code ?? 0) & 0xf8) === 0xd0;
  return code !== undefined && !isBare;
}

function segmentAt(reader: ProbeReader, at: number, marker: number): ByteRange {
  if (REFUSED_FRAMES.has(marker)) {
    throw new ImageRejected("unsupported_type", `JPEG of process SOF${marker - 0xc0}`);
  }
  if (marker === START_OF_SCAN || marker === END_OF_IMAGE || marker === START_OF_IMAGE) {
    throw new ImageRejected("corrupt", "the picture begins without a frame header");
  }
  const length = reader.view(at + 2, 2).getUint16(0);
  if (length < 2) throw new ImageRejected("corrupt", `a segment of ${length} bytes at byte ${at}`);
  return { offset: at + 4, length: length - 2 };
}

function readSegment(
  reader: ProbeReader,
  marker: number,
  { offset, length }: ByteRange,
  found: Found,
): void {
  if (![APP1, APP2, APP11, APP14].includes(marker)) return;
  const bytes = reader.bytes(offset, Math.min(length, 32));
  const head = latin1(bytes);
  if (marker === APP1 && head.startsWith("Exif\0\0") && found.exif === undefined) {
    found.exif = { offset, length };
    found.orientation = exifOrientation(reader.bytes(offset, length));
  }
  if (marker === APP1 && head.startsWith(XMP_NAME)) {
    found.xmp = { offset: offset + XMP_NAME.length, length: length - XMP_NAME.length };
  }
  const part = marker === APP11 ? jumbfPart(bytes, { offset, length }) : undefined;
  if (part !== undefined) found.jumbf.push(part);
  if (marker === APP2 && head.startsWith("ICC_PROFILE\0")) found.iccBytes += length;
  if (marker === APP2 && head.startsWith("ICC_PROFILE\0\x01") && length > 14) {
    found.iccName = iccName(reader.bytes(offset + 14, Math.min(length - 14, ICC_HEAD_BYTES)));
  }
  if (marker === APP14 && head.startsWith("Adobe") && head.length >= 12) {
    found.adobeTransform = head.charCodeAt(11);
  }
}

function frameFacts(frame: Uint8Array, found: Found): FormatFacts {
  const view = viewOf(frame);
  const bitDepth = view.getUint8(0);
  const channels = view.getUint8(5);
  if (bitDepth !== 8) throw new ImageRejected("unsupported_type", `JPEG of ${bitDepth} bits`);
  const colorSpace = colorSpaceOf(channels, found.adobeTransform);
  return {
    header: {
      width: view.getUint16(3),
      height: view.getUint16(1),
      frames: 1,
      bitDepth,
      channels,
      hasAlpha: false,
      colorSpace,
      orientation: found.orientation,
      iccName: found.iccName,
      color: profileColor(found.iccName),
    },
    exif: found.exif,
    iccBytes: found.iccBytes,
    xmp: found.xmp,
    jumbf: found.jumbf,
  };
}

/** Adobe Technical Note 5116, section 18: the transform flag distinguishes RGB from YCbCr and CMYK from YCCK. */
function colorSpaceOf(channels: number, transform: number | undefined): ColorSpace {
  if (channels === 1) return "grey";
  if (channels === 3) return transform === 0 ? "rgb" : "yuv";
  if (channels === 4) return transform === 2 ? "ycck" : "cmyk";
  throw new ImageRejected("corrupt", `the frame header says ${channels} components`);
}
