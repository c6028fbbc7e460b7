/** A plan's renditions from the pixels, each in the forms that its line asks for. */
import type { Dropped, RenditionSpec, WrittenFormat } from "../model/rendition.ts";
import type { ImageCodec, RawPixels } from "../ports/image_codec.ts";
import type { EncodedRendition } from "../ports/pixel_engine.ts";
import type { AnimatedRendition } from "./animate.ts";
import type { GainMapWriter } from "./gain_map/keep_gain_map.ts";
import type { PlannedRendition } from "./plan_renditions.ts";
import type { SharedPixels } from "./shared_pixels.ts";

/** So much lower is the quality of an AVIF that looks as a JPEG or WebP does, between 60 and 90 (`soak --images`). */
const AVIF_STEP = 20;

/** What renditions are made from. */
interface Sources {
  readonly shared: SharedPixels;
  readonly animate: AnimatedRendition | undefined;
  readonly isAnimated: boolean;
  /** Whether the picture has a gain map, and what keeps it where that may be. */
  readonly hasMap: boolean;
  readonly writeMap: GainMapWriter | undefined;
}

/** What makes one rendition. */
interface Maker extends Sources {
  readonly encode: ImageCodec["encode"];
  readonly writes: ReadonlySet<WrittenFormat>;
}

/** Encodes the renditions in the plan's order; what two of them share is encoded once. */
export async function makeRenditions(
  codec: ImageCodec,
  order: readonly PlannedRendition[],
  sources: Sources,
): Promise<EncodedRendition[]> {
  const maker = { ...sources, encode: encodeOnce(codec), writes: codec.writes };
  const made: EncodedRendition[] = [];
  for (const planned of order) made.push(...await formsOf(planned, maker));
  return made;
}

async function formsOf(
  planned: PlannedRendition,
  maker: Maker,
): Promise<readonly EncodedRendition[]> {
  const { spec } = planned;
  if (spec.animated && maker.animate !== undefined) return [await maker.animate(planned)];
  const pixels = await maker.shared.forRendition(planned);
  const formats = writtenFormats(spec, pixels, maker.writes);
  const bright = formats[0] === "jpeg" ? await withGainMap(spec, pixels, maker) : undefined;
  return bright === undefined ? await stills(spec, { pixels, formats, maker }) : [bright];
}

/** The JPEG with the picture's gain map; undefined where its line wants none, or it cannot be kept. */
async function withGainMap(
  spec: RenditionSpec,
  pixels: RawPixels,
  { encode, writeMap }: Maker,
): Promise<EncodedRendition | undefined> {
  if (spec.hdr !== "keep" || writeMap === undefined) return undefined;
  const { name, quality, background } = spec;
  const { width, height } = pixels;
  const base = await encode(pixels, { format: "jpeg", quality, background });
  const bytes = await writeMap(base, spec);
  if (bytes === undefined) return undefined;
  return { name, format: "jpeg", width, height, hasGainMap: true, bytes };
}

interface Still {
  readonly pixels: RawPixels;
  readonly formats: readonly WrittenFormat[];
  readonly maker: Maker;
}

/** A still in each format. Of a few pixels the headers are most: a second form that saves nothing is not kept. */
async function stills(
  spec: RenditionSpec,
  { pixels, formats, maker }: Still,
): Promise<readonly EncodedRendition[]> {
  const { name, quality, background } = spec;
  const { width, height } = pixels;
  const dropped = droppedOf(spec, maker);
  const made: EncodedRendition[] = [];
  for (const format of formats) {
    const [first] = made;
    const looksAlike = first === undefined ? quality : Math.max(1, quality - AVIF_STEP);
    const bytes = await maker.encode(pixels, { format, quality: looksAlike, background });
    if (first !== undefined && bytes.length >= first.bytes.length) continue;
    made.push({ name, format, width, height, dropped, bytes });
  }
  return made;
}

/** What a still lacks of what its line asked for; undefined where it lacks nothing. */
function droppedOf(
  { animated, hdr }: RenditionSpec,
  { isAnimated, hasMap }: Sources,
): readonly Dropped[] | undefined {
  const dropped: Dropped[] = animated && isAnimated ? ["animation"] : [];
  if (hdr === "keep" && hasMap) dropped.push("gain_map");
  return dropped.length === 0 ? undefined : dropped;
}

/** Encodes, but what was encoded alike before: a small picture's renditions are all itself. */
function encodeOnce(codec: ImageCodec): ImageCodec["encode"] {
  const known = new Map<RawPixels, Map<string, Uint8Array<ArrayBuffer>>>();
  return async (pixels, options) => {
    const alike = known.get(pixels) ?? new Map<string, Uint8Array<ArrayBuffer>>();
    known.set(pixels, alike);
    const key = JSON.stringify(options);
    const bytes = alike.get(key) ?? await codec.encode(pixels, options);
    alike.set(key, bytes);
    return bytes;
  };
}

/**
 * The wanted format where the codec writes it; else, and for `auto`, the smallest one that keeps what there is.
 * `negotiated` is that one, which every reader shows, and AVIF behind it.
 */
function writtenFormats(
  { format }: RenditionSpec,
  { channels }: RawPixels,
  writes: ReadonlySet<WrittenFormat>,
): readonly WrittenFormat[] {
  const isOpen = format === "auto" || format === "negotiated";
  if (!isOpen && writes.has(format)) return [format];
  const kept = channels === 3 ? "jpeg" : writes.has("webp") ? "webp" : "png";
  return format === "negotiated" && writes.has("avif") ? [kept, "avif"] : [kept];
}
