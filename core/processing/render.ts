/**
 * The walk over the pixels: decode once, the pipeline's steps, renditions from the largest to the smallest, insights from
 * the smallest pixels that serve, the camera's facts. Runs in the pixel process.
 */
import type { Camera, PixelInsights } from "../model/insights.ts";
import { fitsColumn } from "../model/own_column.ts";
import { ImageRejected } from "../model/reject_reason.ts";
import type { RenditionSpec, WrittenFormat } from "../model/rendition.ts";
import type { Clock } from "../ports/clock.ts";
import type { ImageCodec, RawPixels } from "../ports/image_codec.ts";
import type { EncodedRendition, Rendered, RenderRequest } from "../ports/pixel_engine.ts";
import { readCamera } from "./insights/camera.ts";
import {
  type CustomValue,
  type Insight,
  type PictureContext,
  type Pipeline,
  STANDARD_INSIGHTS,
} from "./pipeline.ts";
import { type PlannedRendition, planRenditions, type RenditionPlan } from "./plan_renditions.ts";

/** What development needs beside the codec. */
export interface RenderOptions {
  readonly pipeline: Pipeline;
  readonly clock: Clock;
  /** The wall time that decoding may take, in milliseconds. */
  readonly decodeTimeoutMs: number;
}

/** Larger EXIF blocks are not read: their facts fit a few hundred bytes. */
const MAX_EXIF_BYTES = 1_048_576;
/** A rendition is made from a larger one that has at least so many times its sides, so that resampling twice is not seen. */
const MIN_SHRINK = 2;
/** Insights get pixels of at most so many times the side that they ask for. */
const MAX_OVERSIZE = 4;

/** Pixels of the whole picture, from the largest to the smallest. */
type Shared = RawPixels[];

/**
 * Makes renditions, insights and camera facts of a picture that the guard let through. Throws ImageRejected: what the
 * codec found, `pipeline_rejected` where a step refused it, `processing_limit` where a step or an own insight broke.
 */
export async function render(
  codec: ImageCodec,
  request: RenderRequest,
  options: RenderOptions,
): Promise<Rendered> {
  const { pipeline, clock } = options;
  const { mediaType, header } = request;
  const context: PictureContext = { mediaType, header };
  const plan = planRenditions(header, pipeline.renditions ?? request.renditions);
  const startMs = clock.now();
  const decoded = await decode(codec, request, { plan, timeoutMs: options.decodeTimeoutMs });
  const shared: Shared = [await applySteps(decoded, { pipeline, context })];
  const decodedMs = clock.now();
  const renditions = await makeRenditions(codec, { plan, shared });
  const renderedMs = clock.now();
  const insights = await measureStandard(codec, { shared, context });
  const custom = await measureOwn(codec, { shared, context, pipeline });
  const camera = await cameraOf(request);
  return {
    renditions,
    insights,
    camera,
    custom,
    timings: {
      decodeMs: decodedMs - startMs,
      renditionsMs: renderedMs - decodedMs,
      insightsMs: clock.now() - renderedMs,
    },
    engine: codec.engine,
  };
}

async function decode(
  codec: ImageCodec,
  { bytes, mediaType, header }: RenderRequest,
  { plan, timeoutMs }: { readonly plan: RenditionPlan; readonly timeoutMs: number },
): Promise<RawPixels> {
  if (!codec.takes.has(mediaType)) {
    throw new ImageRejected("unsupported_type", `${codec.engine} does not take ${mediaType}`);
  }
  const target = { ...plan.decode, fit: "inside" } as const;
  return await codec.decode({ bytes, mediaType, header, target, timeoutMs });
}

async function applySteps(
  decoded: RawPixels,
  { pipeline, context }: { readonly pipeline: Pipeline; readonly context: PictureContext },
): Promise<RawPixels> {
  let pixels = decoded;
  for (const step of pipeline.steps) {
    pixels = await ownCode(`step ${step.name}`, async () => {
      const made = await step.apply(pixels, context);
      checkPixels(made);
      return made;
    });
  }
  return pixels;
}

function checkPixels({ data, width, height, channels }: RawPixels): void {
  if (data.length === width * height * channels && data.length > 0) return;
  throw new TypeError(
    `Cannot go on with ${width} x ${height} x ${channels} pixels in ${data.length} bytes`,
  );
}

async function makeRenditions(
  codec: ImageCodec,
  { plan, shared }: { readonly plan: RenditionPlan; readonly shared: Shared },
): Promise<EncodedRendition[]> {
  const made: EncodedRendition[] = [];
  const encode = encodeOnce(codec);
  for (const planned of plan.order) {
    const { spec } = planned;
    const pixels = await fitted(codec, { planned, shared });
    if (spec.fit === "inside" && shared.every((other) => sideOf(other) > sideOf(pixels))) {
      shared.push(pixels);
    }
    const format = writtenFormat(spec, pixels, codec.writes);
    const { quality, background } = spec;
    const bytes = await encode(pixels, { format, quality, background });
    made.push({ name: spec.name, format, width: pixels.width, height: pixels.height, bytes });
  }
  return made;
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

/** The rendition's pixels: those at hand where their size is right, else resized from the smallest that are large enough. */
async function fitted(
  codec: ImageCodec,
  { planned: { spec, scaled }, shared }: {
    readonly planned: PlannedRendition;
    readonly shared: Shared;
  },
): Promise<RawPixels> {
  if (spec.fit !== "inside") return await codec.resize(sourceFor(shared, scaled), spec);
  // Codecs round a side up or down; nobody sees the difference, but everybody sees a second resampling.
  const ready = shared.find(({ width, height }) =>
    Math.abs(width - scaled.width) <= 1 && Math.abs(height - scaled.height) <= 1 &&
    width <= spec.width && height <= spec.height
  );
  return ready ?? await codec.resize(sourceFor(shared, scaled), { ...spec, ...scaled });
}

function sourceFor(shared: Shared, { width, height }: { width: number; height: number }) {
  const ample = shared.findLast((pixels) =>
    pixels.width >= width * MIN_SHRINK && pixels.height >= height * MIN_SHRINK
  );
  return ample ?? largestOf(shared);
}

function largestOf([largest]: Shared): RawPixels {
  if (largest === undefined) throw new TypeError("Cannot go on without decoded pixels");
  return largest;
}

/** The wanted format where the codec writes it; else, and for `auto`, the smallest one that keeps what there is. */
function writtenFormat(
  { format }: RenditionSpec,
  { channels }: RawPixels,
  writes: ReadonlySet<WrittenFormat>,
): WrittenFormat {
  if (format !== "auto" && writes.has(format)) return format;
  if (channels === 3) return "jpeg";
  return writes.has("webp") ? "webp" : "png";
}

interface Measuring {
  readonly shared: Shared;
  readonly context: PictureContext;
}

async function measureStandard(codec: ImageCodec, measuring: Measuring): Promise<PixelInsights> {
  const measure = <Value>(insight: Insight<Value>) => measureOne(codec, { insight, ...measuring });
  return {
    dominantColors: await measure(STANDARD_INSIGHTS.dominantColors),
    meanLuma: await measure(STANDARD_INSIGHTS.meanLuma),
    contrast: await measure(STANDARD_INSIGHTS.contrast),
    sharpness: await measure(STANDARD_INSIGHTS.sharpness),
    entropy: await measure(STANDARD_INSIGHTS.entropy),
    isBlank: await measure(STANDARD_INSIGHTS.isBlank),
    perceptualHash: await measure(STANDARD_INSIGHTS.perceptualHash),
    thumbhash: await measure(STANDARD_INSIGHTS.thumbhash),
  };
}

async function measureOwn(
  codec: ImageCodec,
  { pipeline, ...measuring }: Measuring & { readonly pipeline: Pipeline },
): Promise<Record<string, CustomValue>> {
  const values: Record<string, CustomValue> = {};
  for (const [name, insight] of Object.entries(pipeline.insights)) {
    values[name] = await ownCode(`insight ${name}`, async () => {
      const value = await measureOne(codec, { insight, ...measuring });
      if (typeof value === "number" && !Number.isFinite(value)) return null;
      if (fitsColumn(value, insight.column)) return value;
      throw new TypeError(`Cannot take a ${typeof value} for a column of ${insight.column.type}`);
    });
  }
  return values;
}

async function measureOne<Value>(
  codec: ImageCodec,
  { insight, shared, context }: Measuring & { readonly insight: Insight<Value> },
): Promise<Value> {
  const pixels = await pixelsFor(codec, { minSidePx: insight.minSidePx, shared });
  return insight.measure(pixels, context);
}

/** The smallest shared pixels that are large enough; where they are far too large, smaller ones are made and shared. */
async function pixelsFor(
  codec: ImageCodec,
  { minSidePx, shared }: { readonly minSidePx: number; readonly shared: Shared },
): Promise<RawPixels> {
  const enough = shared.findLast((pixels) => sideOf(pixels) >= minSidePx) ?? largestOf(shared);
  if (sideOf(enough) <= minSidePx * MAX_OVERSIZE) return enough;
  const side = minSidePx * 2;
  const box = { width: side, height: side, fit: "inside", enlarge: false } as const;
  const smaller = await codec.resize(enough, { ...box, background: "#ffffff" });
  shared.push(smaller);
  shared.sort((a, b) => sideOf(b) - sideOf(a));
  return smaller;
}

function sideOf({ width, height }: RawPixels): number {
  return Math.max(width, height);
}

async function cameraOf({ bytes, exif }: RenderRequest): Promise<Camera | undefined> {
  if (exif === undefined) return undefined;
  // TIFF files are their own EXIF block; only elsewhere does a block's size say whether it is one.
  if (exif.offset > 0 && exif.length > MAX_EXIF_BYTES) return undefined;
  return await readCamera(bytes.subarray(exif.offset, exif.offset + exif.length));
}

/** Runs the company's code: what it throws, its own refusals apart, costs this picture and nothing else. */
async function ownCode<Value>(what: string, run: () => Promise<Value>): Promise<Value> {
  try {
    return await run();
  } catch (cause) {
    if (cause instanceof ImageRejected) throw cause;
    throw new ImageRejected("processing_limit", `the pipeline's ${what} broke`, { cause });
  }
}
