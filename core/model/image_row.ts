import type { ImageRef } from "./object_name.ts";
import { t0OfImageId } from "./image_id.ts";
import type { Manifest } from "./manifest.ts";

/** Columns of the `images` table in the order of its schema file; a test holds the two equal. */
export const IMAGE_ROW_COLUMNS = [
  "image_id",
  "tenant",
  "owner",
  "source",
  "t0",
  "generation",
  "attempt",
  "status",
  "reason",
  "media_type",
  "bytes",
  "sha256",
  "width",
  "height",
  "camera_make",
  "camera_model",
  "processed_at",
  "trace_id",
  "processor_version",
  "megapixels",
  "has_alpha",
  "is_animated",
  "frames",
  "color_space",
  "bit_depth",
  "orientation",
  "exposure_ms",
  "f_number",
  "iso",
  "focal_length_mm",
  "captured_hour",
  "has_gps",
  "dominant_color_1",
  "dominant_color_2",
  "dominant_color_3",
  "mean_luma",
  "contrast",
  "sharpness",
  "entropy",
  "is_blank",
  "renditions",
  "rendition_bytes",
  "queue_ms",
  "fetch_ms",
  "probe_ms",
  "decode_ms",
  "renditions_ms",
  "insights_ms",
  "store_ms",
  "total_ms",
  "engine",
] as const;

/** A column of the `images` table. */
type ImageRowColumn = (typeof IMAGE_ROW_COLUMNS)[number];

/** A value in a row: ids, numbers and vocabulary, no text from outside; times are ISO 8601 in UTC. */
export type RowValue = string | number | boolean | null;

/** One attempt at one image; columns of the company's own pipeline may come on top. */
export type ImageRow = Readonly<Record<ImageRowColumn, RowValue> & Record<string, RowValue>>;

/** The row of a manifest: one source for both, so that they cannot differ. */
export function rowOfManifest(ref: ImageRef, manifest: Manifest): ImageRow {
  return {
    // First, so that no name of the company's own can take the place of a column of ours.
    ...manifest.metadata?.custom,
    image_id: ref.imageId,
    tenant: ref.tenant,
    owner: ref.owner,
    source: manifest.source,
    t0: new Date(t0OfImageId(ref.imageId)).toISOString(),
    generation: manifest.generation,
    attempt: manifest.attempt,
    status: manifest.status,
    reason: manifest.reason ?? null,
    bytes: manifest.bytes,
    sha256: manifest.sha256 ?? null,
    processed_at: manifest.processedAt,
    trace_id: manifest.traceId ?? null,
    processor_version: manifest.processorVersion,
    renditions: manifest.renditions.length,
    rendition_bytes: manifest.renditions.reduce((sum, { bytes }) => sum + bytes, 0),
    engine: manifest.engine,
    ...pictureColumns(manifest),
    ...cameraColumns(manifest),
    ...insightColumns(manifest),
    ...timingColumns(manifest),
  };
}

function pictureColumns({ metadata }: Manifest) {
  return {
    media_type: metadata?.mediaType ?? null,
    width: metadata?.width ?? null,
    height: metadata?.height ?? null,
    megapixels: metadata?.megapixels ?? null,
    has_alpha: metadata?.hasAlpha ?? null,
    is_animated: metadata?.isAnimated ?? null,
    frames: metadata?.frames ?? null,
    color_space: metadata?.colorSpace ?? null,
    bit_depth: metadata?.bitDepth ?? null,
    orientation: metadata?.orientation ?? null,
  };
}

function cameraColumns({ metadata }: Manifest) {
  const camera = metadata?.camera;
  return {
    camera_make: camera?.make ?? null,
    camera_model: camera?.model ?? null,
    exposure_ms: camera?.exposureMs ?? null,
    f_number: camera?.fNumber ?? null,
    iso: camera?.iso ?? null,
    focal_length_mm: camera?.focalLengthMm ?? null,
    captured_hour: camera?.capturedHour ?? null,
    has_gps: camera?.hasGps ?? null,
  };
}

function insightColumns({ metadata }: Manifest) {
  const insights = metadata?.insights;
  return {
    dominant_color_1: insights?.dominantColors[0] ?? null,
    dominant_color_2: insights?.dominantColors[1] ?? null,
    dominant_color_3: insights?.dominantColors[2] ?? null,
    mean_luma: insights?.meanLuma ?? null,
    contrast: insights?.contrast ?? null,
    sharpness: insights?.sharpness ?? null,
    entropy: insights?.entropy ?? null,
    is_blank: insights?.isBlank ?? null,
  };
}

function timingColumns({ timings }: Manifest) {
  return {
    queue_ms: timings.queueMs ?? null,
    fetch_ms: timings.fetchMs ?? null,
    probe_ms: timings.probeMs ?? null,
    decode_ms: timings.decodeMs ?? null,
    renditions_ms: timings.renditionsMs ?? null,
    insights_ms: timings.insightsMs ?? null,
    store_ms: timings.storeMs ?? null,
    total_ms: timings.totalMs ?? null,
  };
}
