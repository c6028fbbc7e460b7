import { hexOf } from "../../hex.ts";
import type { ColorSpace, ImageHeader } from "../../model/insights.ts";
import type { MediaType } from "../../model/media_type.ts";
import { ImageRejected } from "../../model/reject_reason.ts";
import type { StoredColor } from "../../model/stored_color.ts";
import { type Box, Cursor, findBox } from "./_boxes.ts";
import { countFrames } from "./_film.ts";
import { colorOfCodePoints } from "./_code_points.ts";
import { type HeifMeta, readHeifMeta, XMP_ITEM } from "./_heif_meta.ts";
import { iccName, profileColor } from "./_icc_name.ts";
import { type ByteRange, type FormatFacts, latin1, ProbeReader, viewOf } from "./_reader.ts";
import { findMeta, topBoxes } from "./_top_boxes.ts";

/** Coded item types and the media type of a picture of them. */
const CODED: Readonly<Record<string, MediaType>> = {
  hvc1: "image/heic",
  av01: "image/avif",
};

const ALPHA_URNS = [
  "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
  "urn:mpeg:hevc:2015:auxid:1",
];
const LONGEST_URN = Math.max(...ALPHA_URNS.map(({ length }) => length));

/** A box of Content Credentials (C2PA 2.1, annex A.5). */
const CREDENTIALS_UUID = "d8fec3d61b0e483c92975828877ec481";

/**
 * Reads the `meta` box of AVIF and HEIC, wherever it lies: the primary item's size as it is cropped, turning and mirroring
 * (as an EXIF orientation), depth, colours and alpha.
 */
export function heifProbe(reader: ProbeReader): FormatFacts {
  const meta = readHeifMeta(findMeta(reader));
  const properties = meta.properties.get(meta.primary) ?? [];
  const mediaType = CODED[codedType(meta)];
  if (mediaType === undefined) {
    throw new ImageRejected("unsupported_type", "its primary item is neither HEVC nor AV1");
  }
  const ispe = findBox(properties, "ispe");
  if (ispe === undefined) throw new ImageRejected("corrupt", "its primary item has no size");
  const size = new Cursor(ispe, 4);
  const coded = { width: size.uint(4), height: size.uint(4) };
  checkWhole(meta, reader.size);
  const hasAlpha = alphaOf(meta);
  const profile = heifProfile(properties);
  const samples = samplesOf(properties, hasAlpha);
  return {
    mediaType,
    header: {
      ...croppedSize(coded, properties),
      frames: Math.max(1, countFrames(reader)),
      hasAlpha,
      ...samples,
      orientation: orientationOf(properties),
      iccName: profile === undefined ? undefined : iccName(profile),
      color: profile === undefined
        ? heifColor(properties, { isGrey: samples.colorSpace === "grey" })
        : profileColor(iccName(profile)),
    },
    codedPixels: coded.width * coded.height,
    exif: itemOf(meta, "Exif"),
    xmp: itemOf(meta, XMP_ITEM),
    iccBytes: profile?.length,
    jumbf: credentialsIn(reader),
  };
}

/** Content Credentials in a box of their own, as far as boxes are at hand. */
function credentialsIn(reader: ProbeReader): ByteRange[] {
  const box = topBoxes(reader).find(({ type, payload }) =>
    type === "uuid" &&
    hexOf(reader.held(payload.offset, 16) ?? new Uint8Array()) === CREDENTIALS_UUID
  );
  return box === undefined ? [] : [box.payload];
}

/** Width and height in pixels. */
type Size = Pick<ImageHeader, "width" | "height">;

/** What `clap` leaves of a picture (ISO/IEC 14496-12, section 12.1.4), before turning: it applies in its turn. */
function croppedSize(coded: Size, properties: readonly Box[]): Size {
  let { width, height } = coded;
  let isTurned = false;
  for (const { type, payload } of properties) {
    if (type === "irot" && ((payload[0] ?? 0) & 1) === 1) isTurned = !isTurned;
    if (type !== "clap") continue;
    const [across, down] = cropOf(payload);
    width = Math.min(width, isTurned ? down : across);
    height = Math.min(height, isTurned ? across : down);
  }
  return { width, height };
}

/** Width and height of a clean aperture; throws `corrupt` where they are none. */
function cropOf(clap: Uint8Array): readonly [number, number] {
  const cursor = new Cursor(clap);
  const [width = 0, height = 0] = [0, 1].map(() => Math.round(cursor.uint(4) / cursor.uint(4)));
  if (width >= 1 && height >= 1 && Number.isFinite(width + height)) return [width, height];
  throw new ImageRejected("corrupt", "its clean aperture is empty");
}

function checkWhole({ locations }: HeifMeta, size: number): void {
  for (const { offset, length } of locations.values()) {
    if (offset + length <= size) continue;
    throw new ImageRejected("truncated", `byte ${offset + length} is needed of ${size}`);
  }
}

/** The primary item's coding, that of its first tile where it is a grid. */
function codedType(meta: HeifMeta): string {
  const type = meta.types.get(meta.primary) ?? "";
  if (type !== "grid" && type !== "iden" && type !== "iovl") return type;
  const tiles = meta.references.find(({ type, from }) => type === "dimg" && from === meta.primary);
  return meta.types.get(tiles?.to[0] ?? -1) ?? "";
}

/** Alpha belongs to the primary item, or to the tiles that it consists of. */
function alphaOf(meta: HeifMeta): boolean {
  const tiles = meta.references.filter(({ type, from }) =>
    type === "dimg" && from === meta.primary
  );
  const seen = new Set([meta.primary, ...tiles.flatMap(({ to }) => to)]);
  const auxiliary = meta.references
    .filter(({ type, to }) => type === "auxl" && to.some((item) => seen.has(item)))
    .map(({ from }) => from);
  // Each item once: references may repeat one without end.
  return [...new Set(auxiliary)].some((item) => isAlphaItem(meta, item));
}

/** Whether an auxiliary item holds alpha. */
export function isAlphaItem({ properties }: HeifMeta, item: number): boolean {
  return properties.get(item)?.some(({ type, payload }) => {
    const urn = type === "auxC" ? latin1(payload.subarray(4, 4 + LONGEST_URN)) : "";
    return ALPHA_URNS.some((known) => urn.startsWith(known));
  }) ?? false;
}

function samplesOf(
  properties: readonly Box[],
  hasAlpha: boolean,
): { bitDepth: number; channels: number; colorSpace: ColorSpace } {
  const pixi = findBox(properties, "pixi");
  const colors = pixi?.[4] ?? 3;
  return {
    bitDepth: pixi?.[5] ?? 8,
    channels: colors + (hasAlpha ? 1 : 0),
    colorSpace: colors === 1 ? "grey" : "yuv",
  };
}

function heifProfile(properties: readonly Box[]): Uint8Array | undefined {
  const box = properties.find(({ type, payload }) =>
    type === "colr" && ["prof", "rICC"].includes(latin1(payload.subarray(0, 4)))
  );
  return box?.payload.subarray(4);
}

/** Colour code points (ISO/IEC 14496-12, section 12.1.5), and how bright the picture gets (`clli`, `mdcv`). */
function heifColor(
  properties: readonly Box[],
  { isGrey }: { readonly isGrey: boolean },
): StoredColor | undefined {
  const box = properties.find(({ type, payload }) =>
    type === "colr" && payload.length >= 11 && latin1(payload.subarray(0, 4)) === "nclx"
  );
  if (box === undefined) return undefined;
  const view = viewOf(box.payload);
  const points = colorOfCodePoints(view.getUint16(4), view.getUint16(6));
  const isFull = (view.getUint8(10) & 0x80) !== 0;
  if (!isGrey || isFull) {
    return points === undefined ? undefined : { ...points, ...peakOf(properties) };
  }
  const sdr = { by: "code_points", primaries: "bt709", transfer: "srgb" } as const;
  return { ...(points ?? sdr), ...peakOf(properties), isLimited: true };
}

function peakOf(properties: readonly Box[]): Pick<StoredColor, "peakNits"> {
  const [content, display] = [findBox(properties, "clli"), findBox(properties, "mdcv")];
  const brightest = content === undefined ? 0 : new Cursor(content).uint(2);
  const peakNits = brightest || (display === undefined ? 0 : new Cursor(display, 16).uint(4) / 1e4);
  return peakNits > 0 ? { peakNits } : {};
}

/** Where the first item of a type lies, if it lies in one piece. */
function itemOf({ types, locations }: HeifMeta, wanted: string): ByteRange | undefined {
  const item = [...types].find(([, type]) => type === wanted);
  const range = item === undefined ? undefined : locations.get(item[0]);
  // Length 0 means "to the end of the file" (ISO/IEC 14496-12, section 8.11.3.3): nothing that a block would say.
  return range === undefined || range.length === 0 ? undefined : range;
}

/** Turns and mirrors as [a, b, c, d]: x' = a x + b y, y' = c x + d y, with y pointing down. */
type Turn = readonly [number, number, number, number];

const UPRIGHT: Turn = [1, 0, 0, 1];
const QUARTER_LEFT: Turn = [0, 1, -1, 0];
const TOP_TO_BOTTOM: Turn = [1, 0, 0, -1];
const LEFT_TO_RIGHT: Turn = [-1, 0, 0, 1];

/** What each EXIF orientation asks a viewer to do (EXIF 2.32, section 4.6.4). */
const ORIENTATION_TURNS: readonly Turn[] = [
  UPRIGHT,
  LEFT_TO_RIGHT,
  [-1, 0, 0, -1],
  TOP_TO_BOTTOM,
  [0, 1, 1, 0],
  [0, -1, 1, 0],
  [0, -1, -1, 0],
  QUARTER_LEFT,
];

/** `irot` (quarter turns to the left) and `imir` (axis 0: top to bottom) in their order, as one EXIF orientation. */
function orientationOf(properties: readonly Box[]): number {
  const turn = properties.reduce<Turn>((sum, { type, payload }) => {
    const value = payload[0] ?? 0;
    if (type === "imir") return after(sum, (value & 1) === 0 ? TOP_TO_BOTTOM : LEFT_TO_RIGHT);
    if (type !== "irot") return sum;
    return Array.from({ length: value & 3 }).reduce<Turn>((to) => after(to, QUARTER_LEFT), sum);
  }, UPRIGHT);
  return 1 + ORIENTATION_TURNS.findIndex((known) => known.every((part, at) => part === turn[at]));
}

/** The turn that does `first` and then `second`. */
function after(first: Turn, second: Turn): Turn {
  const [a, b, c, d] = first;
  const [e, f, g, h] = second;
  const turn = [e * a + f * c, e * b + f * d, g * a + h * c, g * b + h * d] as const;
  // -0 is not 0 for comparisons by identity; adding 0 makes it one.
  return [turn[0] + 0, turn[1] + 0, turn[2] + 0, turn[3] + 0];
}

/** The ICC profile of the primary item of a whole HEIF file, or undefined where it has none; throws as the probe. */
export function heifProfileOf(bytes: Uint8Array): Uint8Array | undefined {
  const meta = readHeifMeta(findMeta(new ProbeReader(bytes)));
  return heifProfile(meta.properties.get(meta.primary) ?? []);
}
