import type { ImageRef } from "./object_name.ts";
import { t0OfImageId } from "./image_id.ts";
import type { Camera, PixelInsights } from "./insights.ts";
import type { ImageMetadata, Manifest } from "./manifest.ts";
import { isMediaType } from "./media_type.ts";
import type { OwnValue } from "./own_value.ts";

/** A value of one column: ids, numbers and vocabulary, no text from outside; times are ISO 8601 in UTC. */
type RowScalar = string | number | boolean | null;

/** A value in a row; a repeated column holds records or, where it is the company's own, values. */
export type RowValue = OwnValue | readonly Readonly<Record<string, RowScalar>>[];

/** What a picture's metadata may say. */
interface Seen extends Pick<ImageMetadata, "custom"> {
  readonly camera?: Partial<Camera> | undefined;
  readonly insights?: Partial<PixelInsights> | undefined;
}

/** What a row is made of; what is not known is missing. */
interface Facts extends Omit<Manifest, "metadata"> {
  readonly image: ImageRef;
  readonly metadata: Partial<ImageMetadata>;
  readonly camera: Partial<Camera>;
  readonly insights: Partial<PixelInsights>;
}

type Column = (facts: Facts) => RowValue | undefined;

/** The columns of the `images` table, in the order of its schema file (a test holds the two equal). */
const COLUMNS = {
  image_id: ({ image }) => image.imageId,
  tenant: ({ image }) => image.tenant,
  owner: ({ image }) => image.owner,
  source: ({ source }) => source,
  t0: ({ image }) => new Date(t0OfImageId(image.imageId)).toISOString(),
  // Microseconds since the epoch: far below what a JSON number holds exactly.
  generation: ({ generation }) => Number(generation),
  attempt: ({ attempt }) => attempt,
  status: ({ status }) => status,
  reason: ({ reason }) => reason,
  media_type: ({ metadata }) => metadata.mediaType,
  declared_type: ({ declaredType }) =>
    declaredType === undefined || isMediaType(declaredType) ? declaredType : "other",
  bytes: ({ bytes }) => bytes,
  // Only the record's maker has the day's salt.
  content_key: () => undefined,
  width: ({ metadata }) => metadata.width,
  height: ({ metadata }) => metadata.height,
  camera_make: ({ camera }) => camera.make,
  camera_model: ({ camera }) => camera.model,
  processed_at: ({ processedAt }) => processedAt,
  trace_id: ({ traceId }) => traceId,
  processor_version: ({ processorVersion }) => processorVersion,
  megapixels: ({ metadata }) => metadata.megapixels,
  has_alpha: ({ metadata }) => metadata.hasAlpha,
  is_animated: ({ metadata }) => metadata.isAnimated,
  frames: ({ metadata }) => metadata.frames,
  color_space: ({ metadata }) => metadata.colorSpace,
  bit_depth: ({ metadata }) => metadata.bitDepth,
  orientation: ({ metadata }) => metadata.orientation,
  primaries: ({ metadata }) => metadata.primaries,
  transfer: ({ metadata }) => metadata.transfer,
  hdr: ({ metadata }) => metadata.isHdr,
  provenance: ({ metadata }) => metadata.provenance,
  ai_generated: ({ metadata }) => metadata.isAiGenerated,
  exposure_ms: ({ camera }) => camera.exposureMs,
  f_number: ({ camera }) => camera.fNumber,
  iso: ({ camera }) => camera.iso,
  focal_length_mm: ({ camera }) => camera.focalLengthMm,
  captured_hour: ({ camera }) => camera.capturedHour,
  has_gps: ({ camera }) => camera.hasGps,
  dominant_color_1: ({ insights }) => insights.dominantColors?.[0],
  dominant_color_1_share: ({ insights }) => insights.dominantColorShares?.[0],
  dominant_color_2: ({ insights }) => insights.dominantColors?.[1],
  dominant_color_2_share: ({ insights }) => insights.dominantColorShares?.[1],
  dominant_color_3: ({ insights }) => insights.dominantColors?.[2],
  dominant_color_3_share: ({ insights }) => insights.dominantColorShares?.[2],
  dominant_color_4: ({ insights }) => insights.dominantColors?.[3],
  dominant_color_4_share: ({ insights }) => insights.dominantColorShares?.[3],
  dominant_color_5: ({ insights }) => insights.dominantColors?.[4],
  dominant_color_5_share: ({ insights }) => insights.dominantColorShares?.[4],
  mean_luma: ({ insights }) => insights.meanLuma,
  contrast: ({ insights }) => insights.contrast,
  sharpness: ({ insights }) => insights.sharpness,
  entropy: ({ insights }) => insights.entropy,
  is_blank: ({ insights }) => insights.isBlank,
  renditions: ({ renditions }) =>
    renditions.map(({ name, width, height, contentType, bytes }) => (
      { name, width, height, media_type: contentType, bytes }
    )),
  rendition_bytes: ({ renditions }) => renditions.reduce((sum, { bytes }) => sum + bytes, 0),
  queue_ms: ({ timings }) => timings.queueMs,
  fetch_ms: ({ timings }) => timings.fetchMs,
  probe_ms: ({ timings }) => timings.probeMs,
  decode_ms: ({ timings }) => timings.decodeMs,
  renditions_ms: ({ timings }) => timings.renditionsMs,
  insights_ms: ({ timings }) => timings.insightsMs,
  store_ms: ({ timings }) => timings.storeMs,
  total_ms: ({ timings }) => timings.totalMs,
  engine: ({ engine }) => engine,
  pipeline: ({ pipeline }) => pipeline?.name,
  pipeline_version: ({ pipeline }) => pipeline?.version,
} as const satisfies Record<string, Column>;

type ImageRowColumn = keyof typeof COLUMNS;

/** Columns of the `images` table in the order of its schema file. */
export const IMAGE_ROW_COLUMNS = Object.keys(COLUMNS) as readonly ImageRowColumn[]; // keys of a const table

/** One attempt at one image; columns of the company's own pipeline may come on top. */
export type ImageRow = Readonly<Record<ImageRowColumn, RowValue> & Record<string, RowValue>>;

/** The row of a manifest: one source for both, so that they cannot differ. */
export function rowOfManifest(ref: ImageRef, manifest: Manifest): ImageRow {
  const metadata: Partial<ImageMetadata> = manifest.metadata ?? {};
  const { camera = {}, insights = {}, custom }: Seen = metadata;
  const facts: Facts = { ...manifest, image: ref, metadata, camera, insights };
  const columns: readonly [string, Column][] = Object.entries(COLUMNS);
  const own = Object.fromEntries(columns.map(([name, of]) => [name, of(facts) ?? null]));
  // The company's own first, so that none can take the place of ours; all of ours are there.
  return { ...custom, ...own } as ImageRow;
}
