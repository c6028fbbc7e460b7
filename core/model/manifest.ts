import * as z from "zod";
import { AppError } from "../errors.ts";
import { SHA256 } from "./digest.ts";
import { cameraSchema, COLOR_SPACES, pixelInsightsSchema, PROVENANCES } from "./insights.ts";
import { ownValueSchema, pipelineIdentitySchema } from "./own_value.ts";
import { ALL_FAIL_REASONS, ALL_REJECT_REASONS } from "./reject_reason.ts";
import { DROPPABLE } from "./rendition.ts";
import { PRIMARIES, TRANSFERS } from "./stored_color.ts";

/** Where an image came in; `unknown` where its object's metadata does not say. */
export const SOURCES = ["edge", "kafka", "unknown"] as const;

/** Where an image came in: through the edge, or from a Kafka topic. */
export type Source = (typeof SOURCES)[number];

/** A caller's own reference for an image. */
export const REFERENCE = /^[A-Za-z0-9._-]{1,64}$/;

const generation = z.string().regex(/^[0-9]{1,20}$/);
const milliseconds = z.number().min(0);
const count = z.int().min(0);

/** A written rendition; `generation` pins the very object that the manifest speaks of. */
const manifestRenditionSchema = z.object({
  name: z.string(),
  object: z.string(),
  generation,
  width: count,
  height: count,
  contentType: z.string(),
  bytes: count,
  /** Of an animation. */
  frames: count.optional(),
  /** Whether it has a gain map for displays that are brighter than SDR's. */
  hasGainMap: z.literal(true).optional(),
  /** What its line asks for and the picture could not keep. */
  dropped: z.array(z.enum(DROPPABLE)).readonly().optional(),
});

/** Milliseconds that each stage of processing took. */
const timingsSchema = z.object({
  /** From the end of the upload to the start of processing. */
  queueMs: milliseconds.optional(),
  fetchMs: milliseconds.optional(),
  probeMs: milliseconds.optional(),
  decodeMs: milliseconds.optional(),
  renditionsMs: milliseconds.optional(),
  insightsMs: milliseconds.optional(),
  storeMs: milliseconds.optional(),
  totalMs: milliseconds.optional(),
});

/** Facts of the picture: format and shape, camera, and what is seen in it. */
export const metadataSchema = z.object({
  mediaType: z.string(),
  width: count,
  height: count,
  megapixels: z.number().min(0),
  frames: count,
  isAnimated: z.boolean(),
  hasAlpha: z.boolean(),
  colorSpace: z.enum(COLOR_SPACES),
  bitDepth: count,
  orientation: z.int().min(1).max(8),
  iccName: z.string().max(128).optional(),
  primaries: z.enum(PRIMARIES).optional(),
  transfer: z.enum(TRANSFERS).optional(),
  /** Whether its samples are stored for displays brighter than SDR's; renditions are always SDR. */
  isHdr: z.boolean().optional(),
  /** Whether Content Credentials (C2PA) were found; they are not verified. */
  provenance: z.enum(PROVENANCES).optional(),
  /** By IPTC's digital source type, where the file names one. */
  isAiGenerated: z.boolean().optional(),
  camera: cameraSchema.optional(),
  insights: pixelInsightsSchema.optional(),
  /** Insights of the company's own pipeline, by name: columns of the row. */
  custom: z.record(z.string(), ownValueSchema).optional(),
  /** Insights of the company's own pipeline that are in no row. */
  extra: z.record(z.string(), ownValueSchema).optional(),
});

/** `manifest.json`: what became of an image. Its creation is the commit point of processing. */
export const manifestSchema = z.object({
  version: z.literal(1),
  imageId: z.string(),
  tenant: z.string(),
  owner: z.string(),
  source: z.enum(SOURCES),
  status: z.enum(["ready", "rejected", "failed"]),
  reason: z.enum([...ALL_REJECT_REASONS, ...ALL_FAIL_REASONS]).optional(),
  /** What exactly was found, for the owner; numbers and vocabulary, no text of the image. */
  detail: z.string().max(300).optional(),
  /** Generation of the raw object that was processed. */
  generation,
  bytes: count,
  /** What the source declared, where the bytes say otherwise. */
  declaredType: z.string().max(128).optional(),
  /** The caller's own reference. */
  ref: z.string().regex(REFERENCE).optional(),
  /** Of an image of a Kafka topic: topic/partition/offset. */
  origin: z.string().max(300).optional(),
  sha256: z.string().regex(SHA256).optional(),
  metadata: metadataSchema.optional(),
  renditions: z.array(manifestRenditionSchema),
  timings: timingsSchema,
  engine: z.string(),
  processorVersion: z.string(),
  /** The company's own pipeline, where it has a name. */
  pipeline: pipelineIdentitySchema.optional(),
  traceId: z.string().optional(),
  attempt: z.int().min(1),
  processedAt: z.iso.datetime(),
});

/** What became of an image. */
export type Manifest = z.infer<typeof manifestSchema>;

/** A rendition in a manifest. */
export type ManifestRendition = z.infer<typeof manifestRenditionSchema>;

/** Facts of the picture. */
export type ImageMetadata = z.infer<typeof metadataSchema>;

/** Milliseconds of each stage. */
export type Timings = z.infer<typeof timingsSchema>;

/** Pub/Sub gives up after at most 100 deliveries: attempts above this one are replays. */
export const LAST_DELIVERY_ATTEMPT = 1_000;

/** The number of an attempt: where the image has failed before, its attempts count on. */
export function attemptAfter(failed: Manifest | undefined, delivery: number): number {
  return Math.min((failed?.attempt ?? 0) + delivery, LAST_DELIVERY_ATTEMPT);
}

/** Whether the manifest says the last word: a `failed` one may be replaced. */
export function isFinal(manifest: Manifest): boolean {
  return manifest.status !== "failed";
}

/**
 * Reads a manifest's bytes; fields that a newer processor added are left out, so that a reader may be older.
 * Throws `internal` where they are not one, as only the processor writes them. */
export function parseManifest(bytes: Uint8Array): Manifest {
  try {
    return manifestSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    throw new AppError("internal", "Cannot read the manifest as it is not of its schema", {
      cause,
    });
  }
}

/** The bytes of a manifest as they are stored. */
export function serializeManifest(manifest: Manifest): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(JSON.stringify(manifest, null, 2)));
}
