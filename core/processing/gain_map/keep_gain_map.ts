/** Gain maps that stay: decoded once, then oriented, cut and scaled as each rendition's pixels are. */
import { ImageRejected } from "../../model/reject_reason.ts";
import type { RenditionSpec } from "../../model/rendition.ts";
import type { DecodeRequest, ImageCodec, RawPixels } from "../../ports/image_codec.ts";
import { placementOf, type Size, uprightSize } from "../plan_renditions.ts";
import { hasHeifGainMap } from "../probe/heif_gain_map.ts";
import { jpegGainMap } from "../probe/jpeg_gain_map.ts";
import { probeBytes } from "../probe/probe.ts";
import { upright } from "../upright.ts";
import type { GainMapNumbers } from "./gain_map.ts";
import { withGainMap } from "./write_gain_map.ts";

/** A map has at most so much of a rendition's sides: gains are smooth, and four times that is what phones write. */
const MAX_SCALE = 1 / 2;
const QUALITY = 75;
/** Samples of a map are numbers, no colours. */
const PLAIN = { by: "code_points", primaries: "bt709", transfer: "srgb" } as const;

/** Writes a rendition's JPEG with the map that its line's placement leaves; undefined where the codec cannot write the map. */
export type GainMapWriter = (
  base: Uint8Array<ArrayBuffer>,
  spec: RenditionSpec,
) => Promise<Uint8Array<ArrayBuffer> | undefined>;

/** A picture's gain map; without `write` where it is not taken: it must be a JPEG's, smaller than the picture, and decodable. */
export interface OpenedGainMap {
  readonly write?: GainMapWriter;
}

/** Opens the gain map of a picture whose renditions are to keep it; undefined where it has none. */
export async function openGainMap(
  codec: ImageCodec,
  { bytes, mediaType, header, target, timeoutMs }: DecodeRequest,
): Promise<OpenedGainMap | undefined> {
  const isHeif = ["image/heic", "image/heif", "image/avif"].includes(mediaType);
  if (isHeif) return hasHeifGainMap(bytes) ? {} : undefined;
  const stored = mediaType === "image/jpeg" ? jpegGainMap(bytes) : undefined;
  if (stored === undefined) return undefined;
  try {
    const probed = await probeBytes(stored.bytes);
    const { width, height } = probed.header;
    const isSmaller = width <= header.width && height <= header.height;
    if (probed.mediaType !== "image/jpeg" || !isSmaller) return {};
    const scale = Math.min(MAX_SCALE, width / header.width);
    // Writers leave a map's turn to the picture, and few repeat it.
    const orientation = probed.header.orientation === 1 ? header.orientation : 1;
    const isTurned = orientation >= 5;
    const seen = times(target, scale);
    const map = await codec.decode({
      bytes: stored.bytes,
      mediaType: probed.mediaType,
      header: { ...probed.header, color: PLAIN },
      target: {
        ...{ width: isTurned ? seen.height : seen.width, fit: "inside" },
        height: isTurned ? seen.width : seen.height,
      },
      timeoutMs,
    });
    if (map.data instanceof Uint16Array) return {};
    const pixels = upright({ ...map, data: map.data }, orientation);
    const write: GainMapWriter = async (base, spec) => {
      const placed = await placedMap(codec, pixels, {
        spec,
        scale,
        size: uprightSize(header),
        numbers: stored.numbers,
      });
      const isGrey = probed.header.channels === 1;
      const options = { format: "jpeg", quality: QUALITY, background: spec.background } as const;
      const encoded = await codec.encode(placed, { ...options, isGrey });
      // Readers take a grey map in three components for something else.
      const { header: written } = await probeBytes(encoded);
      if (written.channels !== probed.header.channels) return undefined;
      return withGainMap(base, { bytes: encoded, numbers: stored.numbers });
    };
    return { write };
  } catch (error) {
    if (error instanceof ImageRejected) return {};
    throw error;
  }
}

/** Where a line puts the picture, of which the map has a share of the sides. */
interface MapPlacement {
  readonly spec: RenditionSpec;
  readonly scale: number;
  /** The picture's, upright. */
  readonly size: Size;
  readonly numbers: GainMapNumbers;
}

/** The whole map as large as the whole picture in the rendition, then cut or framed as that is. */
async function placedMap(
  codec: ImageCodec,
  map: RawPixels,
  { spec, scale, size, numbers }: MapPlacement,
): Promise<RawPixels> {
  const { scaled, canvas } = placementOf(size, spec);
  const background = neutralOf(numbers);
  const whole = { ...times(scaled, scale), fit: "cover", enlarge: true, background } as const;
  const pixels = await codec.resize(map, whole);
  if (spec.fit === "inside") return pixels;
  return await codec.resize(pixels, {
    ...times(canvas, scale),
    ...{ fit: spec.fit, enlarge: false, background },
  });
}

function times({ width, height }: Size, scale: number): Size {
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}

/** The sample of no gain, or the nearest one: what lies behind `contain`'s bars. */
function neutralOf({ min, max, gamma }: GainMapNumbers): string {
  const samples = [0, 1, 2].map((channel) => {
    const [low, high] = [min[channel] ?? min[0] ?? 0, max[channel] ?? max[0] ?? 0];
    const share = high > low ? Math.min(1, Math.max(0, -low / (high - low))) : 0;
    return Math.round(255 * share ** (gamma[channel] ?? gamma[0] ?? 1));
  });
  return `#${samples.map((sample) => sample.toString(16).padStart(2, "0")).join("")}`;
}
