import {
  type GainMapNumbers,
  ISO_NAME,
  isSound,
  type StoredGainMap,
} from "../gain_map/gain_map.ts";
import { latin1, viewOf } from "./_reader.ts";
import { APP1, APP2, START_OF_SCAN, XMP_NAME } from "./jpeg_markers.ts";

/** Segments of a file, and pictures of its index, that are looked at. */
const MAX_SEGMENTS = 200;
const MAX_PICTURES = 16;
/** Tag of the list of pictures (CIPA DC-007, section 5.2.3.3), 16 bytes each. */
const PICTURES_TAG = 0xb002;
const PICTURE_BYTES = 16;

/** A segment's payload and where that begins. */
interface Segment {
  readonly marker: number;
  readonly at: number;
  readonly payload: Uint8Array;
}

/** The gain map of a JPEG that lists it in its index of pictures (CIPA DC-007), as phones write it; undefined without a sound one. */
export function jpegGainMap(bytes: Uint8Array<ArrayBuffer>): StoredGainMap | undefined {
  for (const { at, length } of picturesOf(bytes)) {
    const map = bytes.subarray(at, at + length);
    const numbers = numbersOf(map);
    if (numbers !== undefined && isSound(numbers)) return { bytes: map, numbers };
  }
  return undefined;
}

/** Segments before the picture's data, as far as they follow one another. */
function* segmentsOf(bytes: Uint8Array): Generator<Segment> {
  const view = viewOf(bytes);
  if (bytes.length < 4 || view.getUint16(0) !== 0xffd8) return;
  for (let at = 2, left = MAX_SEGMENTS; at + 4 <= bytes.length && left > 0; left -= 1) {
    const [marker, length] = [bytes[at + 1] ?? 0, view.getUint16(at + 2)];
    const end = at + 2 + length;
    if (bytes[at] !== 0xff || marker === START_OF_SCAN || length < 2 || end > bytes.length) return;
    yield { marker, at: at + 4, payload: bytes.subarray(at + 4, end) };
    at = end;
  }
}

/** Where the other pictures of a file lie: offsets count from the index's own header. */
function picturesOf(bytes: Uint8Array): { at: number; length: number }[] {
  for (const { marker, at, payload } of segmentsOf(bytes)) {
    if (marker !== APP2 || latin1(payload.subarray(0, 4)) !== "MPF\0") continue;
    return entriesOf(payload.subarray(4)).map(({ offset, length }) => ({
      at: at + 4 + offset,
      length,
    }))
      .filter(({ at, length }) => length > 0 && at + length <= bytes.length);
  }
  return [];
}

function entriesOf(index: Uint8Array): { offset: number; length: number }[] {
  const view = viewOf(index);
  const isLittle = latin1(index.subarray(0, 2)) === "II";
  const number = (at: number, bytes: 2 | 4) => {
    if (at < 0 || at + bytes > index.length) return 0;
    return bytes === 2 ? view.getUint16(at, isLittle) : view.getUint32(at, isLittle);
  };
  const directory = number(4, 4);
  const tags = Math.min(number(directory, 2), MAX_SEGMENTS);
  for (let tag = 0; tag < tags; tag += 1) {
    const at = directory + 2 + tag * 12;
    if (number(at, 2) !== PICTURES_TAG) continue;
    const count = Math.min(Math.floor(number(at + 4, 4) / PICTURE_BYTES), MAX_PICTURES);
    const list = number(at + 8, 4);
    return Array.from({ length: count }, (_, picture) => {
      const entry = list + picture * PICTURE_BYTES;
      return { length: number(entry + 4, 4), offset: number(entry + 8, 4) };
    }).slice(1);
  }
  return [];
}

/** By ISO 21496-1 where a map has that, else by XMP. */
function numbersOf(map: Uint8Array): GainMapNumbers | undefined {
  let packet: string | undefined;
  for (const { marker, payload } of segmentsOf(map)) {
    if (marker === APP2 && latin1(payload.subarray(0, ISO_NAME.length)) === ISO_NAME) {
      const numbers = isoNumbers(payload.subarray(ISO_NAME.length));
      if (numbers !== undefined) return numbers;
    }
    const isXmp = marker === APP1 && latin1(payload.subarray(0, XMP_NAME.length)) === XMP_NAME;
    if (isXmp) packet ??= latin1(payload.subarray(XMP_NAME.length));
  }
  return packet === undefined ? undefined : xmpNumbers(packet);
}

const MULTI_CHANNEL = 0x80;
const ONE_DENOMINATOR = 0x08;
const BASE_IS_HDR = 0x04;

/** ISO 21496-1, annex C: fractions of 32 bits, perhaps all of one denominator. */
function isoNumbers(bytes: Uint8Array): GainMapNumbers | undefined {
  const view = viewOf(bytes);
  const flags = bytes[4] ?? BASE_IS_HDR;
  const channels = (flags & MULTI_CHANNEL) === 0 ? 1 : 3;
  const isShared = (flags & ONE_DENOMINATOR) !== 0;
  const fractions = 2 + 5 * channels;
  const length = 5 + (isShared ? 4 + 4 * fractions : 8 * fractions);
  if (bytes.length < length || view.getUint16(0) !== 0 || (flags & BASE_IS_HDR) !== 0) {
    return undefined;
  }
  let at = isShared ? 9 : 5;
  const next = (isSigned: boolean) => {
    const numerator = isSigned ? view.getInt32(at) : view.getUint32(at);
    const denominator = isShared ? view.getUint32(5) : view.getUint32(at + 4);
    at += isShared ? 4 : 8;
    return numerator / denominator;
  };
  const [capacityMin, capacityMax] = [next(false), next(false)];
  const each = Array.from({ length: channels }, () => ({
    ...{ min: next(true), max: next(true), gamma: next(false) },
    ...{ offsetSdr: next(true), offsetHdr: next(true) },
  }));
  const all = (name: keyof (typeof each)[number]) => each.map((channel) => channel[name]);
  return {
    ...{ min: all("min"), max: all("max"), gamma: all("gamma"), capacityMin, capacityMax },
    ...{ offsetSdr: all("offsetSdr"), offsetHdr: all("offsetHdr") },
  };
}

/** The properties of Adobe's namespace `hdrgm`, as attributes or elements, with their defaults. */
function xmpNumbers(packet: string): GainMapNumbers | undefined {
  const isMap = /\bhdrgm:Version\b/.test(packet);
  const isReversed = /hdrgm:BaseRenditionIsHDR(="|>)\s*true/i.test(packet);
  if (!isMap || isReversed) return undefined;
  const values = (name: string, standard?: number) => {
    const said = new RegExp(`hdrgm:${name}(?:="([^"]*)"|>([^]*?)</hdrgm:${name}>)`).exec(packet);
    if (said === null) return standard === undefined ? [] : [standard];
    const numbers = (said[1] ?? said[2] ?? "").replaceAll(/<[^>]*>/g, " ").match(/[-+.\deE]+/g);
    return (numbers ?? []).map(Number);
  };
  return {
    min: values("GainMapMin", 0),
    max: values("GainMapMax"),
    gamma: values("Gamma", 1),
    offsetSdr: values("OffsetSDR", 1 / 64),
    offsetHdr: values("OffsetHDR", 1 / 64),
    capacityMin: values("HDRCapacityMin", 0)[0] ?? NaN,
    capacityMax: values("HDRCapacityMax")[0] ?? NaN,
  };
}
