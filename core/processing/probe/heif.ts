import type { ColorSpace } from "../../model/insights.ts";
import type { MediaType } from "../../model/media_type.ts";
import { ImageRejected } from "../../model/reject_reason.ts";
import { type Box, Cursor, findBox } from "./_boxes.ts";
import { type HeifMeta, readHeifMeta } from "./_heif_meta.ts";
import { iccName } from "./_icc_name.ts";
import { type FormatFacts, latin1, ProbeReader } from "./_reader.ts";

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

/**
 * Reads the `meta` box of AVIF and HEIC, wherever it lies: the primary item's size, turning and mirroring (as an EXIF
 * orientation), depth, colour profile and alpha.
 */
export async function heifProbe(reader: ProbeReader): Promise<FormatFacts> {
  const meta = readHeifMeta(await findMeta(reader));
  const properties = meta.properties.get(meta.primary) ?? [];
  const mediaType = CODED[codedType(meta)];
  if (mediaType === undefined) {
    throw new ImageRejected("unsupported_type", "its primary item is neither HEVC nor AV1");
  }
  const ispe = findBox(properties, "ispe");
  if (ispe === undefined) throw new ImageRejected("corrupt", "its primary item has no size");
  const size = new Cursor(ispe, 4);
  const [width, height] = [size.uint(4), size.uint(4)];
  checkWhole(meta, reader.size);
  const hasAlpha = alphaOf(meta);
  const profile = heifProfile(properties);
  return {
    mediaType,
    header: {
      width,
      height,
      frames: 1,
      hasAlpha,
      ...samplesOf(properties, hasAlpha),
      orientation: orientationOf(properties),
      iccName: profile === undefined ? undefined : iccName(profile),
    },
    exif: exifOf(meta),
    iccBytes: profile?.length,
  };
}

/** The payload of the top-level `meta` box; media data before it is jumped over by one more read. */
export async function findMeta(reader: ProbeReader): Promise<Uint8Array> {
  for (let at = 0; at + 8 <= reader.size;) {
    reader.step();
    const view = await reader.view(at, 8);
    const type = latin1(new Uint8Array(view.buffer, view.byteOffset + 4, 4));
    const announced = view.getUint32(0);
    const isLarge = announced === 1;
    const head = isLarge ? 16 : 8;
    const large = isLarge ? Number((await reader.view(at + 8, 8)).getBigUint64(0)) : announced;
    const size = announced === 0 ? reader.size - at : large;
    if (size < head) throw new ImageRejected("corrupt", `a box of ${size} bytes at byte ${at}`);
    if (type === "meta") return await reader.bytes(at + head, size - head);
    at += size;
  }
  throw new ImageRejected("truncated", "it ends before its `meta` box");
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

function alphaOf(meta: HeifMeta): boolean {
  const auxiliary = meta.references
    .filter(({ type, to }) => type === "auxl" && to.includes(meta.primary))
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

function exifOf(meta: HeifMeta) {
  const item = [...meta.types].find(([, type]) => type === "Exif");
  const range = item === undefined ? undefined : meta.locations.get(item[0]);
  // Length 0 means "to the end of the file" (ISO/IEC 14496-12, section 8.11.3.3): nothing that EXIF would say.
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
  // -0 is not 0 for comparisons by identity; adding 0 mends it.
  return [turn[0] + 0, turn[1] + 0, turn[2] + 0, turn[3] + 0];
}

/** The ICC profile of the primary item of a whole HEIF file, or undefined where it has none; throws as the probe. */
export async function heifProfileOf(bytes: Uint8Array): Promise<Uint8Array | undefined> {
  const meta = readHeifMeta(await findMeta(ProbeReader.of(bytes)));
  return heifProfile(meta.properties.get(meta.primary) ?? []);
}
