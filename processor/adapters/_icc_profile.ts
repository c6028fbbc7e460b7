/** What of ICC profiles (ICC.1:2022) a codec without a colour engine needs: matrix and curves, by which pixels become sRGB. */
import { Buffer } from "node:buffer";
import type { RawPixels } from "@tintype/core/ports/image_codec";
import { sampleOfLight } from "@tintype/core/processing/color/to_srgb";

/** From stored samples to linear sRGB. */
export interface MatrixProfile {
  /** Whether it is one of grey pictures. */
  readonly isGrey: boolean;
  /** Rows of linear sRGB by stored red, green and blue. */
  readonly matrix: readonly (readonly [number, number, number])[];
  /** Light, 0 to 1, of each of the 256 values of stored red, green and blue. */
  readonly curves: readonly [Float64Array, Float64Array, Float64Array];
}

/** What a profile is: one that can be applied, one that has tables in the place of a matrix, or nothing that makes sense. */
export type ReadProfile =
  | { readonly kind: "matrix"; readonly profile: MatrixProfile }
  | { readonly kind: "tables" }
  | { readonly kind: "broken" };

/** From XYZ under D50, which profiles are written in, to linear sRGB (IEC 61966-2-1 primaries, Bradford adaptation). */
const XYZ_TO_SRGB = [
  [3.1338561, -1.6168667, -0.4906146],
  [-0.9787684, 1.9161415, 0.0334540],
  [0.0719453, -0.2289914, 1.4052427],
] as const;
const GREY_MATRIX = [[1, 0, 0], [0, 1, 0], [0, 0, 1]] as const;
const HEADER_BYTES = 128;
const MAX_TAGS = 128;

/** Reads a profile of RGB or grey. */
export function readProfile(bytes: Uint8Array): ReadProfile {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < HEADER_BYTES + 4 || textAt(file, 36) !== "acsp") return { kind: "broken" };
  const tags = tagsOf(file);
  const curveOf = (name: string) => curveIn(tags.get(name));
  if (textAt(file, 16) === "GRAY") {
    const grey = curveOf("kTRC");
    if (grey === undefined) return { kind: "broken" };
    const profile = { isGrey: true, matrix: GREY_MATRIX, curves: [grey, grey, grey] } as const;
    return { kind: "matrix", profile };
  }
  const [red, green, blue] = ["rXYZ", "gXYZ", "bXYZ"].map((name) => xyzIn(tags.get(name)));
  const [redCurve, greenCurve, blueCurve] = ["rTRC", "gTRC", "bTRC"].map(curveOf);
  if (red && green && blue && redCurve && greenCurve && blueCurve) {
    const matrix = XYZ_TO_SRGB.map((row) =>
      [dot(row, red), dot(row, green), dot(row, blue)] as const
    );
    const curves = [redCurve, greenCurve, blueCurve] as const;
    return { kind: "matrix", profile: { isGrey: false, matrix, curves } };
  }
  return { kind: tags.has("A2B0") ? "tables" : "broken" };
}

/** Pixels of that profile in sRGB; colours beyond it are cut to its edge. */
export function toSrgb(pixels: RawPixels, { matrix, curves }: MatrixProfile): RawPixels {
  const { channels } = pixels;
  const data = pixels.data.slice();
  const [reds, greens, blues] = curves;
  for (let at = 0; at < data.length; at += channels) {
    // Read within bounds: three colours a pixel, 256 values each, three rows of the matrix.
    const [r, g, b] = [reds[data[at]!]!, greens[data[at + 1]!]!, blues[data[at + 2]!]!];
    for (let channel = 0; channel < 3; channel += 1) {
      const [fromR, fromG, fromB] = matrix[channel]!;
      data[at + channel] = sampleOfLight(fromR * r + fromG * g + fromB * b);
    }
  }
  return { ...pixels, data };
}

/** The first tag of each name, where it lies in the profile (section 7.3). */
function tagsOf(file: Buffer): ReadonlyMap<string, Buffer> {
  const count = Math.min(file.readUInt32BE(HEADER_BYTES), MAX_TAGS);
  const tags = new Map<string, Buffer>();
  for (let at = HEADER_BYTES + 4; at < HEADER_BYTES + 4 + count * 12; at += 12) {
    if (at + 12 > file.length) break;
    const [offset, length] = [file.readUInt32BE(at + 4), file.readUInt32BE(at + 8)];
    const name = textAt(file, at);
    if (offset + length <= file.length && !tags.has(name)) {
      tags.set(name, file.subarray(offset, offset + length));
    }
  }
  return tags;
}

function xyzIn(tag: Buffer | undefined): readonly [number, number, number] | undefined {
  if (tag === undefined || tag.length < 20 || textAt(tag, 0) !== "XYZ ") return undefined;
  return [fixedAt(tag, 8), fixedAt(tag, 12), fixedAt(tag, 16)];
}

/** `curv` (section 10.6) and `para` (section 10.18) as light of 256 values. */
function curveIn(tag: Buffer | undefined): Float64Array | undefined {
  if (tag === undefined || tag.length < 12) return undefined;
  const type = textAt(tag, 0);
  const curve = type === "curv" ? sampled(tag) : type === "para" ? parametric(tag) : undefined;
  if (curve === undefined) return undefined;
  const light = Float64Array.from({ length: 256 }, (_, value) => curve(value / 255));
  return light.every(Number.isFinite) ? light : undefined;
}

type Curve = (value: number) => number;

function sampled(tag: Buffer): Curve | undefined {
  const count = tag.readUInt32BE(8);
  if (12 + count * 2 > tag.length) return undefined;
  if (count === 0) return (value) => value;
  if (count === 1) return (value) => value ** (tag.readUInt16BE(12) / 256);
  return (value) => {
    const place = value * (count - 1);
    const before = Math.min(Math.floor(place), count - 2);
    const [low, high] = [tag.readUInt16BE(12 + before * 2), tag.readUInt16BE(14 + before * 2)];
    return (low + (high - low) * (place - before)) / 65_535;
  };
}

/** How many parameters each function type has. */
const PARAMETERS = [1, 3, 4, 5, 7] as const;

function parametric(tag: Buffer): Curve | undefined {
  const type = tag.readUInt16BE(8);
  const count = PARAMETERS[type];
  if (count === undefined || 12 + count * 4 > tag.length) return undefined;
  const values = Array.from({ length: count }, (_, at) => fixedAt(tag, 12 + at * 4));
  const [g = 1, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0] = values;
  const power = (value: number) => Math.max(0, a * value + b) ** g;
  if (type === 0) return (value) => value ** g;
  if (type === 1) return (value) => value >= -b / a ? power(value) : 0;
  if (type === 2) return (value) => value >= -b / a ? power(value) + c : c;
  return (value) => value >= d ? power(value) + e : c * value + f;
}

function dot(row: readonly [number, number, number], xyz: readonly [number, number, number]) {
  return row[0] * xyz[0] + row[1] * xyz[1] + row[2] * xyz[2];
}

/** `s15Fixed16Number` (section 4.6). */
function fixedAt(tag: Buffer, at: number): number {
  return tag.readInt32BE(at) / 65_536;
}

function textAt(bytes: Buffer, at: number): string {
  return bytes.toString("latin1", at, at + 4);
}
