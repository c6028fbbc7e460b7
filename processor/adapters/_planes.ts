/** Decoded planes to pixels: tiles put together, resized plane by plane, turned into upright RGB. */
import type { RawPixels } from "@tintype/core/ports/image_codec";
import type { Size } from "@tintype/core/processing/plan_renditions";
import type { CodedLayer, Rectangle } from "@tintype/core/processing/probe/heif_layers";
import { decodeTiles, type LibAv, type TileFrame } from "./_libav.ts";

/** One component of a picture: 8-bit samples, rows from the top. */
export interface Plane extends Size {
  readonly data: Uint8Array;
  /** Samples from one row to the next: its width and padding. */
  readonly stride: number;
}

/** Planes, one (grey) or three, of which the chroma may be smaller, and how they become colours. */
export interface Samples {
  readonly planes: readonly Plane[];
  readonly matrix: number;
  readonly isFullRange: boolean;
}

/** A decoded layer; its planes may lie in memory that it frees. */
export interface DecodedLayer extends Samples, Disposable {}

/** 4:2:0 to 4:4:4, grey and RGB, of 8 to 16 bits. */
const FORMAT = /^(yuvj?4[0-4][0-4]p|gray|gbrp)(\d\d)?(?:le)?$/;
const IDENTITY = 0;

/** Decodes a layer and puts its tiles together; undefined where libav cannot, or its samples are of a rare kind. */
export function decodeLayer(libav: LibAv, layer: CodedLayer): DecodedLayer | undefined {
  const tiles = decodeTiles(libav, layer);
  const { value: first } = tiles.next();
  const whole = first && planesOf(layer, first);
  if (first === undefined || whole === undefined) return undefined;
  for (let tile = 1; tile < layer.tiles.length; tile += 1) {
    const { value: frame } = tiles.next();
    if (frame === undefined || frame.format !== first.format) {
      tiles.return(undefined);
      return undefined;
    }
    placeTile(whole.planes, { layer, tile, frame });
  }
  return { ...whole, [Symbol.dispose]: () => void tiles.return(undefined) };
}

/** The frames of a film, each to be used before the next one is asked for; the last is undefined where libav cannot go on. */
export function* decodeFilm(
  libav: LibAv,
  layer: CodedLayer,
): Generator<Samples | undefined, undefined> {
  for (const frame of decodeTiles(libav, layer)) yield frame && planesOf(layer, frame);
}

/** A picture's planes with its first tile in them; undefined where its samples are of a rare kind. */
function planesOf(layer: CodedLayer, frame: TileFrame): Samples | undefined {
  const isAll = isAllOf(layer, frame);
  const planes = isAll ? planesIn(frame) : planesFor(layer, frame);
  if (planes.length === 0) return undefined;
  if (!isAll) placeTile(planes, { layer, tile: 0, frame });
  const matrix = frame.format.startsWith("gbrp") ? IDENTITY : frame.matrix;
  return { planes, matrix, isFullRange: frame.isFullRange };
}

/** Whether a frame is the whole picture in 8 bits: its planes are taken as they lie, as half of the memory would be copies. */
function isAllOf({ width, height, tileWidth, tileHeight }: CodedLayer, { format }: TileFrame) {
  const [, kind, bits] = FORMAT.exec(format) ?? [];
  return kind !== undefined && bits === undefined && width === tileWidth && height === tileHeight;
}

function planesIn({ planes }: TileFrame): Plane[] {
  return planes.map(({ width, height, data, strideBytes: stride }) => ({
    width,
    height,
    stride,
    data: data.subarray(0, stride * height),
  }));
}

/** Empty planes for a layer whose tiles are like this one; none where it is of a rare kind. */
function planesFor(
  { width, height, tileWidth, tileHeight }: CodedLayer,
  frame: TileFrame,
): Plane[] {
  if (!FORMAT.test(frame.format)) return [];
  return frame.planes.map((part) => {
    const size = {
      width: Math.ceil(width * part.width / tileWidth),
      height: Math.ceil(height * part.height / tileHeight),
    };
    return { ...size, stride: size.width, data: new Uint8Array(size.width * size.height) };
  });
}

/** Which tile of a layer goes where. */
interface PlacedTile {
  readonly layer: CodedLayer;
  readonly tile: number;
  readonly frame: TileFrame;
}

/** Copies a tile's rows to their place, without what reaches over the picture's edges, in 8 bits. */
function placeTile(planes: readonly Plane[], placed: PlacedTile): void {
  for (const [index, plane] of planes.entries()) {
    const part = placed.frame.planes[index];
    if (part !== undefined) placePart(plane, part, placed);
  }
}

function placePart(
  plane: Plane,
  part: TileFrame["planes"][number],
  { layer, tile, frame }: PlacedTile,
): void {
  const columns = Math.ceil(layer.width / layer.tileWidth);
  const [left, top] = [(tile % columns) * part.width, Math.floor(tile / columns) * part.height];
  const [width, height] = [
    Math.min(part.width, plane.width - left),
    Math.min(part.height, plane.height - top),
  ];
  const bits = Number(FORMAT.exec(frame.format)?.[2] ?? 8);
  const samples = bits === 8 ? part.data : wideSamples(part.data);
  const stride = bits === 8 ? part.strideBytes : part.strideBytes / 2;
  for (let row = 0; row < height; row += 1) {
    const at = (top + row) * plane.width + left;
    const from = samples.subarray(row * stride, row * stride + width);
    if (bits === 8) plane.data.set(from, at);
    else narrowInto(plane.data.subarray(at, at + width), from, bits - 8);
  }
}

function wideSamples({ buffer, byteOffset, byteLength }: Uint8Array): Uint16Array {
  return new Uint16Array(buffer, byteOffset, byteLength >> 1);
}

function narrowInto(row: Uint8Array, samples: ArrayLike<number>, shift: number): void {
  const half = 1 << (shift - 1);
  for (let at = 0; at < row.length; at += 1) {
    row[at] = Math.min(255, ((samples[at] ?? 0) + half) >> shift);
  }
}

/**
 * A part of a plane made larger, between the centres of its samples; the part may begin and end within one. libvips would
 * move it by up to half a sample.
 */
export function enlargePlane(plane: Plane, shown: Rectangle, { width, height }: Size): Plane {
  const isAsIs = shown.left === 0 && shown.top === 0 && plane.width === width &&
    plane.height === height && plane.stride === width;
  if (isAsIs) return plane;
  const data = new Uint8Array(width * height);
  const columns = neighboursOf(plane.width, { from: shown.left, length: shown.width, to: width });
  const rows = neighboursOf(plane.height, { from: shown.top, length: shown.height, to: height });
  for (let y = 0, at = 0; y < height; y += 1) {
    const [above, below, down] = [rows.first[y]!, rows.second[y]!, rows.part[y]!];
    for (let x = 0; x < width; x += 1, at += 1) {
      const [left, right, across] = [columns.first[x]!, columns.second[x]!, columns.part[x]!];
      const [up, low] = [above * plane.stride, below * plane.stride];
      const top = plane.data[up + left]! * (256 - across) + plane.data[up + right]! * across;
      const bottom = plane.data[low + left]! * (256 - across) + plane.data[low + right]! * across;
      data[at] = (top * (256 - down) + bottom * down + 32_768) >> 16;
    }
  }
  return { data, width, height, stride: width };
}

/** `length` samples from `from` on, both perhaps broken, that become `to`. */
interface Stretch {
  readonly from: number;
  readonly length: number;
  readonly to: number;
}

/** The two of `samples` that each place lies between, and how near it is to the second, in 256ths. */
function neighboursOf(samples: number, { from, length, to }: Stretch) {
  const positions = Float64Array.from(
    { length: to },
    (_, at) => Math.min(samples - 1, Math.max(0, from + (at + 0.5) * length / to - 0.5)),
  );
  return {
    first: Int32Array.from(positions, Math.floor),
    second: Int32Array.from(positions, (at) => Math.min(samples - 1, Math.floor(at) + 1)),
    part: Int32Array.from(positions, (at) => Math.round((at % 1) * 256)),
  };
}

/** Kr and Kb of the matrix coefficients (ITU-T H.273, table 4) that are taken; 2, unspecified, is BT.601's. */
const WEIGHTS: Readonly<Record<number, readonly [red: number, blue: number]>> = {
  1: [0.2126, 0.0722],
  2: [0.299, 0.114],
  4: [0.3, 0.11],
  5: [0.299, 0.114],
  6: [0.299, 0.114],
  7: [0.212, 0.087],
  9: [0.2627, 0.0593],
};

/** Whether {@link uprightRgb} knows how to make colours of the layer's samples. */
export function isKnownColor({ planes, matrix }: Samples): boolean {
  return planes.length === 1 || matrix === IDENTITY || WEIGHTS[matrix] !== undefined;
}

/** Planes of one size, and how they become pixels. */
interface RgbOptions extends Pick<Samples, "matrix" | "isFullRange"> {
  readonly alpha: Plane | undefined;
  /** EXIF's, 1 to 8. */
  readonly orientation: number;
}

/** What each stored sample adds to red, green and blue, in 65,536ths. */
interface Additions {
  readonly y: Int32Array;
  readonly redOfV: Int32Array;
  readonly greenOfU: Int32Array;
  readonly greenOfV: Int32Array;
  readonly blueOfU: Int32Array;
}

const HALF = 1 << 15;

/** Turns planes into upright RGB, or RGBA where there is alpha. */
export function uprightRgb(planes: readonly Plane[], options: RgbOptions): RawPixels {
  const [first, second, third] = planes;
  if (first === undefined) throw new RangeError("Cannot make pixels of no planes");
  const { width, height } = first;
  const { alpha, matrix, orientation } = options;
  const channels = alpha === undefined ? 3 : 4;
  const data = new Uint8ClampedArray(width * height * channels);
  const { start, acrossStep, downStep } = stepsOf(orientation, { width, height });
  const tables = tablesOf(options);
  const isRgb = matrix === IDENTITY && third !== undefined;
  const [luma, u, v] = [first.data, second?.data, third?.data];
  for (let row = 0, at = 0; row < height; row += 1) {
    let to = (start + row * downStep) * channels;
    for (let column = 0; column < width; column += 1, at += 1, to += acrossStep * channels) {
      const y = tables.y[luma[at]!]! + HALF;
      if (u === undefined || v === undefined) {
        data[to] = data[to + 1] = data[to + 2] = y >> 16;
      } else if (isRgb) {
        // Green is stored where luma is, then blue and red.
        data[to] = (tables.y[v[at]!]! + HALF) >> 16;
        data[to + 1] = y >> 16;
        data[to + 2] = (tables.y[u[at]!]! + HALF) >> 16;
      } else {
        data[to] = (y + tables.redOfV[v[at]!]!) >> 16;
        data[to + 1] = (y + tables.greenOfU[u[at]!]! + tables.greenOfV[v[at]!]!) >> 16;
        data[to + 2] = (y + tables.blueOfU[u[at]!]!) >> 16;
      }
      if (alpha !== undefined) data[to + 3] = alpha.data[at]!;
    }
  }
  const isTurned = orientation >= 5;
  return {
    data: new Uint8Array(data.buffer),
    width: isTurned ? height : width,
    height: isTurned ? width : height,
    channels,
  };
}

function tablesOf(
  { matrix, isFullRange }: Pick<Samples, "matrix" | "isFullRange">,
): Additions {
  const [red, blue] = WEIGHTS[matrix] ?? [0.299, 0.114];
  const green = 1 - red - blue;
  const table = (scale: number, zero: number) =>
    Int32Array.from({ length: 256 }, (_, sample) => Math.round((sample - zero) * scale * 65_536));
  const chroma = isFullRange ? 1 : 255 / 224;
  return {
    y: isFullRange ? table(1, 0) : table(255 / 219, 16),
    redOfV: table(2 * (1 - red) * chroma, 128),
    greenOfU: table(-2 * blue * (1 - blue) / green * chroma, 128),
    greenOfV: table(-2 * red * (1 - red) / green * chroma, 128),
    blueOfU: table(2 * (1 - blue) * chroma, 128),
  };
}

/** Where the first stored pixel goes in the upright picture, and how far each step across and down leads, in pixels. */
function stepsOf(orientation: number, { width, height }: Size) {
  const isTurned = orientation >= 5;
  const row = isTurned ? height : width;
  const isRightToLeft = [2, 3, 7, 8].includes(orientation);
  const isUpwards = [3, 4, 6, 7].includes(orientation);
  const [across, down] = isTurned ? [row, 1] : [1, row];
  return {
    start: (isRightToLeft ? (width - 1) * across : 0) + (isUpwards ? (height - 1) * down : 0),
    acrossStep: isRightToLeft ? -across : across,
    downStep: isUpwards ? -down : down,
  };
}
