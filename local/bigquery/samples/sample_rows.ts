/**
 * The rows that views and questions are tried on: `sample_rows` makes images and sweeps of one week, always the same,
 * and `sample_bigquery` writes them into a BigQuery of its own.
 */
import { makeImageId } from "@tintype/core/model/image_id";
import { IMAGE_ROW_COLUMNS, type ImageRow, type RowValue } from "@tintype/core/model/image_row";
import type { PurgeRow } from "@tintype/core/ports/image_rows";
import { Random } from "../../random.ts";

type RowScalar = Extract<RowValue, string | number | boolean | null>;

/** The present time of the sample data, in milliseconds since the epoch. */
export const SAMPLE_NOW_MS = Date.UTC(2026, 10, 16, 12);

const IMAGES = 400;
const HOUR_MS = 3_600_000;
/** Some rows lie past their seven days and wait for the sweep. */
const SPAN_MS = 7.02 * 24 * HOUR_MS;
/** The age of a row that every view leaves out, as its partition has expired. */
const EXPIRED_MS = 8 * 24 * HOUR_MS + 1;
/** The age of a row that is due and, within the grace of 15 minutes, not overdue. */
const DUE_MS = 7 * 24 * HOUR_MS + 14 * 60_000;
const SWEEP_INTERVAL_MS = 5 * 60_000;
const SWEEPS = 40;

const TENANTS = ["acme", "globex", "stream"] as const;
const OWNERS = ["b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "m", "n"] as const;
const REASONS = ["truncated", "too_many_pixels", "not_an_image", "corrupt"] as const;

const CAMERAS = [
  ["apple", "iPhone 15 Pro", 12.2],
  ["apple", "iPhone 13", 12.2],
  ["samsung", "SM-S918B", 12],
  ["google", "Pixel 8", 12.5],
  ["canon", "EOS R6", 20.1],
  [null, null, 3.1],
] as const;

const MEDIA_TYPES = ["image/jpeg", "image/jpeg", "image/jpeg", "image/heic", "image/png"] as const;

const COLORS = [
  "#1c2a3f",
  "#e8dcc4",
  "#4a7c3d",
  "#c23b22",
  "#87a9d1",
  "#f2f2f0",
  "#2b2b2d",
] as const;

/** The rows of {@link IMAGES} images and of two at the edges of time: attempts that failed and were tried again, rejected and erased ones among them. */
export function sampleRows(): ImageRow[] {
  const random = new Random(7);
  const week = Array.from({ length: IMAGES }, () => rowsOfImage(random)).flat();
  const edges = [EXPIRED_MS, DUE_MS].map((ageMs) => attempt(random, SAMPLE_NOW_MS - ageMs));
  return [...week, ...edges];
}

/** The lines of the certificates of the last hours; one sweep found something overdue. */
export function sampleSweeps(): PurgeRow[] {
  const random = new Random(11);
  return Array.from({ length: SWEEPS }, (_, index) => sweep(random, index)).flat();
}

function rowsOfImage(random: Random): ImageRow[] {
  const isHeld = random.chance(0.05);
  const ageMs = isHeld ? random.between(6.9 * 24 * HOUR_MS, SPAN_MS) : dailyAgeMs(random);
  const t0Ms = Math.round(SAMPLE_NOW_MS - ageMs);
  const first = attempt(random, t0Ms);
  const tail = random.next();
  if (tail < 0.04) {
    const processedAt = new Date(t0Ms + 700_000).toISOString();
    const failed = { ...first, ...NOT_READY, status: "failed", reason: "dead_lettered" };
    return [failed, { ...first, attempt: 2, processed_at: processedAt }];
  }
  if (tail > 0.97) {
    const erased = { ...EMPTY, ...keyOf(first), status: "erased", generation: 0, attempt: 0 };
    return [first, { ...erased, processed_at: new Date(t0Ms + 900_000).toISOString() }];
  }
  return [first];
}

/** More by day than by night. */
function dailyAgeMs(random: Random): number {
  const ageMs = random.between(60_000, 6.8 * 24 * HOUR_MS);
  const hour = new Date(SAMPLE_NOW_MS - ageMs).getUTCHours();
  const isNight = hour < 6 || hour > 21;
  return isNight && random.chance(0.7) ? random.between(60_000, 5 * HOUR_MS) : ageMs;
}

function attempt(random: Random, t0Ms: number): ImageRow {
  const tenant = random.pick(TENANTS);
  const received = {
    ...EMPTY,
    image_id: makeImageId(t0Ms, random.bytes(10)),
    tenant,
    owner: random.pick(OWNERS).repeat(20),
    source: tenant === "stream" ? "kafka" : "edge",
    t0: new Date(t0Ms).toISOString(),
    generation: String(1_790_000_000_000_000 + random.integer(0, 1_000_000)),
    attempt: 1,
    processor_version: "1.0.0",
    queue_ms: random.chance(0.02) ? random.integer(9_500, 30_000) : random.integer(40, 900),
    fetch_ms: random.integer(20, 120),
    probe_ms: random.integer(1, 4),
    engine: "sharp",
  };
  const fate = random.next();
  if (fate < 0.06) return rejected(random, received, t0Ms);
  if (fate < 0.07) {
    const failed = { ...received, status: "failed", reason: "dead_lettered", renditions: [] };
    return finish({ ...failed, bytes: random.integer(100_000, 4_000_000) }, t0Ms, 60_000);
  }
  return ready(random, received, t0Ms);
}

function rejected(random: Random, received: ImageRow, t0Ms: number): ImageRow {
  const reason = random.pick(REASONS);
  const row = {
    ...received,
    status: "rejected",
    reason,
    bytes: random.integer(10_000, 900_000),
    media_type: reason === "not_an_image" ? null : "image/jpeg",
    renditions: [],
    rendition_bytes: 0,
  };
  return finish(row, t0Ms, random.integer(30, 200));
}

function ready(random: Random, received: ImageRow, t0Ms: number): ImageRow {
  const [make, model, megapixels] = random.pick(CAMERAS);
  const mediaType = make === null ? "image/png" : random.pick(MEDIA_TYPES);
  const decodeMs = Math.round(
    megapixels * random.between(3, 9) * (mediaType === "image/heic" ? 9 : 1),
  );
  const bytes = Math.round(megapixels * random.between(150_000, 420_000));
  const row = {
    ...received,
    status: "ready",
    media_type: mediaType,
    bytes,
    width: Math.round(Math.sqrt(megapixels * 1e6 * 4 / 3)),
    height: Math.round(Math.sqrt(megapixels * 1e6 * 3 / 4)),
    megapixels,
    camera_make: make,
    camera_model: model,
    // As of a picture without EXIF: nothing is known.
    has_gps: make === null ? null : random.chance(0.4),
    primaries: random.chance(0.5) ? "display_p3" : null,
    hdr: random.chance(0.1),
    provenance: random.chance(0.1) ? "present" : "none",
    ai_generated: random.chance(0.1) ? random.chance(0.5) : null,
    dominant_color_1: random.pick(COLORS),
    dominant_color_2: random.pick(COLORS),
    dominant_color_3: random.chance(0.8) ? random.pick(COLORS) : null,
    dominant_color_5: random.chance(0.3) ? random.pick(COLORS) : null,
    mean_luma: random.between(0.1, 0.9),
    sharpness: random.chance(0.12) ? random.between(10, 99) : random.between(100, 900),
    is_blank: false,
    renditions: renditionsOf(bytes),
    rendition_bytes: Math.round(bytes * 0.16),
    decode_ms: decodeMs,
    renditions_ms: random.integer(25, 90),
    insights_ms: random.integer(8, 25),
    store_ms: random.integer(30, 150),
  };
  const workMs = decodeMs + row.renditions_ms + row.insights_ms + row.store_ms;
  return finish(row, t0Ms, workMs + random.integer(40, 140));
}

function renditionsOf(bytes: number): Exclude<RowValue, RowScalar> {
  const boxes = [["large", 1_600, 0.12], ["medium", 800, 0.03], ["thumb", 200, 0.01]] as const;
  return boxes.map(([name, width, share]) => ({
    name,
    width,
    height: width * 3 / 4,
    media_type: "image/jpeg",
    bytes: Math.round(bytes * share),
  }));
}

function finish(row: ImageRow, t0Ms: number, totalMs: number): ImageRow {
  const endMs = t0Ms + 2_000 + Number(row.queue_ms) + totalMs;
  return { ...row, total_ms: totalMs, processed_at: new Date(endMs).toISOString() };
}

function sweep(random: Random, index: number): PurgeRow[] {
  const sweptAtMs = SAMPLE_NOW_MS - 60_000 - (SWEEPS - 1 - index) * SWEEP_INTERVAL_MS;
  const line = { certificate: index + 1, swept_at: new Date(sweptAtMs).toISOString() };
  const observed = ["raw", "processed", "erasures", "warehouse"].map((store) => ({
    ...line,
    store,
    evidence: "observed" as const,
    oldest_t0: new Date(sweptAtMs - 7 * 24 * HOUR_MS + random.integer(1_000, 300_000))
      .toISOString(),
    looked_at: random.integer(2, 12),
    deleted: random.integer(0, 3),
    overdue: index === SWEEPS - 9 && store === "raw" ? 2 : 0,
  }));
  const configured = ["events", "kafka_topics", "logs"].map((store) => ({
    ...line,
    store,
    evidence: "configured" as const,
    oldest_t0: null,
    looked_at: 0,
    deleted: 0,
    overdue: 0,
  }));
  return [...observed, ...configured];
}

function keyOf({ image_id, tenant, owner, t0 }: ImageRow) {
  return { image_id, tenant, owner, t0 };
}

/** What an attempt that failed knows nothing of. */
const NOT_READY = {
  media_type: null,
  renditions: [],
  rendition_bytes: 0,
  decode_ms: null,
} as const;

// Object.fromEntries forgets which keys it was given: here they are all the columns.
const EMPTY = Object.fromEntries(
  IMAGE_ROW_COLUMNS.map((column): [string, RowValue] => [
    column,
    column === "renditions" ? [] : null,
  ]),
) as ImageRow;
