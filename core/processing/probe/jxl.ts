import type { ImageHeader } from "../../model/insights.ts";
import { ImageRejected } from "../../model/reject_reason.ts";
import { colorOfCodePoints } from "./_code_points.ts";
import { type FormatFacts, type ProbeReader, viewOf } from "./_reader.ts";
import { topBoxes } from "./_top_boxes.ts";

/** Bytes of a codestream that hold its header: names of extra channels are the longest part of it. */
const HEADER_BYTES = 4_096;
const MAX_EXTRA_CHANNELS = 16;
const [ALPHA, SPOT, CFA] = [0, 2, 5];
const [GREY, UNKNOWN] = [1, 3];
/** Code points of sRGB, and of what JPEG XL calls P3 and others H.273's 12. */
const [SRGB_PRIMARIES, P3_PRIMARIES, SRGB_CURVE] = [1, 11, 13];
const P3_POINT = 12;
const INFINITY_GAMMA = 10_000_000;

/**
 * Reads JPEG XL's header (ISO/IEC 18181-1, annexes A to E), bare or in boxes (18181-2): decoders turn the picture, so its size is
 * the upright one. An animation counts as its first frame, which is all that is decoded.
 */
export function jxlProbe(reader: ProbeReader): FormatFacts {
  const boxes = reader.view(0, 2).getUint16(0) === 0xff0a ? [] : topBoxes(reader);
  const rangeOf = (wanted: string) => boxes.find(({ type }) => type === wanted)?.payload;
  const [whole, part] = [rangeOf("jxlc"), rangeOf("jxlp")];
  const at = whole?.offset ?? (part === undefined ? 0 : part.offset + 4);
  if (boxes.length > 0 && whole === undefined && part === undefined) {
    throw new ImageRejected("truncated", "it has no codestream");
  }
  const head = reader.bytes(at, Math.min(HEADER_BYTES, reader.size - at));
  if (head.length < 2 || viewOf(head).getUint16(0) !== 0xff0a) {
    throw new ImageRejected("corrupt", "its codestream has no signature");
  }
  const header = headerOf(new Bits(head.subarray(2)));
  return { header, exif: rangeOf("Exif"), xmp: rangeOf("xml ") };
}

/** Bits from the lowest of each byte on. */
class Bits {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** An unsigned number of at most 32 bits; throws `truncated` behind the header's bytes. */
  uint(bits: number): number {
    if (this.#at + bits > this.#bytes.length * 8) {
      throw new ImageRejected("truncated", "it ends in its header");
    }
    let value = 0;
    for (let bit = 0; bit < bits; bit += 1, this.#at += 1) {
      const byte = this.#bytes[this.#at >> 3] ?? 0;
      value += (byte >> (this.#at & 7) & 1) * 2 ** bit;
    }
    return value;
  }

  is(): boolean {
    return this.uint(1) === 1;
  }

  /** One of four: each a number, or bits and what is added to theirs. */
  choice(...of: readonly (number | readonly [bits: number, more: number])[]): number {
    const chosen = of[this.uint(2)] ?? 0;
    return typeof chosen === "number" ? chosen : this.uint(chosen[0]) + chosen[1];
  }

  enumerated(): number {
    return this.choice(0, 1, [4, 2], [6, 18]);
  }
}

/** Width over height by its number. */
const RATIOS = [0, 1, 12 / 10, 4 / 3, 3 / 2, 16 / 9, 5 / 4, 2];

function sizeOf(bits: Bits): Pick<ImageHeader, "width" | "height"> {
  const isSmall = bits.is();
  const side = () =>
    isSmall ? (bits.uint(5) + 1) * 8 : bits.choice([9, 1], [13, 1], [18, 1], [30, 1]);
  const height = side();
  const ratio = RATIOS[bits.uint(3)] ?? 0;
  return { height, width: ratio === 0 ? side() : Math.floor(height * ratio + 1e-9) };
}

function headerOf(bits: Bits): ImageHeader {
  const size = sizeOf(bits);
  const plain = { frames: 1, orientation: 1, iccName: undefined } as const;
  const facts = { ...plain, bitDepth: 8, hasAlpha: false, channels: 3, colorSpace: "rgb" } as const;
  if (bits.is()) return { ...size, ...facts };
  const isTurned = bits.is() && skipExtras(bits);
  const bitDepth = depthOf(bits);
  bits.uint(1);
  const hasAlpha = extraChannels(bits);
  bits.uint(1);
  const { isGrey, color } = colorsOf(bits);
  return {
    ...plain,
    ...(isTurned ? { width: size.height, height: size.width } : size),
    ...{ bitDepth, hasAlpha, color },
    channels: (isGrey ? 1 : 3) + (hasAlpha ? 1 : 0),
    colorSpace: isGrey ? "grey" : "rgb",
  };
}

/** Returns whether the picture is turned by a quarter. */
function skipExtras(bits: Bits): boolean {
  const isTurned = bits.uint(3) >= 4;
  if (bits.is()) sizeOf(bits);
  if (bits.is()) throw new ImageRejected("unsupported_type", "JPEG XL with a preview");
  if (bits.is()) {
    bits.choice(100, 1_000, [10, 1], [30, 1]);
    bits.choice(1, 1_001, [8, 1], [10, 1]);
    bits.choice(0, [3, 0], [16, 0], [32, 0]);
    bits.uint(1);
  }
  return isTurned;
}

function depthOf(bits: Bits): number {
  if (!bits.is()) return bits.choice(8, 10, 12, [6, 1]);
  const depth = bits.choice(32, 16, 24, [6, 1]);
  bits.uint(4);
  return depth;
}

/** Whether one of the channels beside the colours is alpha. */
function extraChannels(bits: Bits): boolean {
  const count = bits.choice(0, 1, [4, 2], [12, 1]);
  if (count > MAX_EXTRA_CHANNELS) {
    throw new ImageRejected("unsupported_type", `JPEG XL of ${count} extra channels`);
  }
  return Array.from({ length: count }, () => extraChannel(bits)).includes(ALPHA);
}

function extraChannel(bits: Bits): number {
  if (bits.is()) return ALPHA;
  const type = bits.enumerated();
  depthOf(bits);
  bits.choice(0, 3, 4, [3, 1]);
  const name = bits.choice(0, [4, 0], [5, 16], [10, 48]);
  for (let letter = 0; letter < name; letter += 1) bits.uint(8);
  if (type === ALPHA) bits.uint(1);
  if (type === SPOT) { for (let part = 0; part < 4; part += 1) bits.uint(16); }
  if (type === CFA) bits.choice(1, [2, 0], [4, 3], [8, 19]);
  return type;
}

/** Colours by their enumerations; a profile's are the decoder's matter. */
function colorsOf(bits: Bits): { isGrey: boolean; color: ImageHeader["color"] } {
  if (bits.is()) return { isGrey: false, color: undefined };
  const [hasProfile, space] = [bits.is(), bits.enumerated()];
  const isGrey = space === GREY;
  if (space >= UNKNOWN && !hasProfile) {
    throw new ImageRejected("unsupported_type", "JPEG XL of unknown colours");
  }
  if (hasProfile) return { isGrey, color: undefined };
  const white = bits.enumerated();
  const primaries = isGrey ? SRGB_PRIMARIES : bits.enumerated();
  const gamma = bits.is() ? bits.uint(24) / INFINITY_GAMMA : undefined;
  const curve = gamma === undefined ? bits.enumerated() : SRGB_CURVE;
  if (white === 2 || primaries === 2) {
    throw new ImageRejected("unsupported_type", "JPEG XL of colours of its own");
  }
  const isPlain = gamma === undefined && primaries === SRGB_PRIMARIES && curve === SRGB_CURVE;
  if (isPlain) return { isGrey, color: undefined };
  const named = colorOfCodePoints(primaries === P3_PRIMARIES ? P3_POINT : primaries, curve);
  const color = named && gamma !== undefined && gamma > 0
    ? { ...named, transfer: "gamma" as const, gamma: 1 / gamma }
    : named;
  return { isGrey, color };
}
