/**
 * Pixels to renditions and facts: decode once, the pipeline's steps, renditions from the largest to the smallest, insights
 * from the smallest pixels that serve, the camera's facts. Runs in the pixel process.
 */
import type { Camera, PixelInsights } from "../model/insights.ts";
import type { Clock } from "../ports/clock.ts";
import type { ImageCodec, RawPixels } from "../ports/image_codec.ts";
import type { Rendered, RenderRequest } from "../ports/pixel_engine.ts";
import { openAnimation } from "./animate.ts";
import { decodePicture } from "./decode_picture.ts";
import { openGainMap } from "./gain_map/keep_gain_map.ts";
import { readCamera } from "./insights/camera.ts";
import { makeRenditions } from "./make_renditions.ts";
import { measureOwn, OwnCode, type OwnRun } from "./own_code.ts";
import { type PictureContext, type Pipeline, STANDARD_INSIGHTS } from "./pipeline.ts";
import { planRenditions } from "./plan_renditions.ts";
import { MIN_SHRINK, SharedPixels } from "./shared_pixels.ts";
import { Stopwatch } from "./stopwatch.ts";

/** What rendering needs beside the codec. */
interface RenderOptions {
  readonly pipeline: Pipeline;
  readonly clock: Clock;
  /** The wall time that decoding may take, in milliseconds. */
  readonly decodeTimeoutMs: number;
}

/**
 * Makes renditions, insights and camera facts of a picture that the guard let through. Throws ImageRejected: what the
 * codec found, `pipeline_rejected` where a step refused it, `processing_limit` where a step or an own insight broke.
 */
export async function render(
  codec: ImageCodec,
  request: RenderRequest,
  { pipeline, clock, decodeTimeoutMs: timeoutMs }: RenderOptions,
): Promise<Rendered> {
  const { bytes, mediaType, header } = request;
  const context: PictureContext = { mediaType, header };
  const table = pipeline.renditions ?? request.renditions;
  const plan = planRenditions(header, table, wantedSidePx(pipeline));
  const own = new OwnCode(clock);
  const target = { ...plan.decode, fit: "inside" } as const;
  const watch = new Stopwatch(clock);
  const picture = { bytes, mediaType, header, timeoutMs };
  const steps = (pixels: RawPixels) => applySteps(pixels, { own, pipeline, context });
  const sources = await watch.time("decodeMs", async () => {
    const wantsMap = table.some(({ hdr }) => hdr === "keep");
    const map = wantsMap ? await openGainMap(codec, { ...picture, target }) : undefined;
    const decoded = await decodePicture(codec, { ...picture, target });
    const before = map && pipeline.steps.length > 0 ? decoded.data.slice() : undefined;
    const largest = await steps(decoded);
    return {
      shared: new SharedPixels(codec, largest),
      animate: await openAnimation(codec, { ...picture, renditions: table, applySteps: steps }),
      isAnimated: header.frames > 1,
      hasMap: map !== undefined,
      // It says how bright the pixels are that it came with, and no others.
      writeMap: before === undefined || isAlike(before, largest.data) ? map?.write : undefined,
    };
  });
  const { shared } = sources;
  const renditions = await watch.time(
    "renditionsMs",
    () => makeRenditions(codec, plan.order, sources),
  );
  const [insights, values, camera] = await watch.time("insightsMs", async () => [
    await measureStandard(shared, context),
    await measureOwn(shared, { own, pipeline, context }),
    await cameraOf(request),
  ]);
  const engine = { engine: codec.engine, timings: watch.stages(), ownMs: own.tookMs };
  return { renditions, insights, camera, ...values, ...engine };
}

/** The longest side, in pixels, that steps ask for and that the largest pixels for insights are made from. */
function wantedSidePx({ steps, insights }: Pipeline): number {
  const measured = [...Object.values(STANDARD_INSIGHTS), ...Object.values(insights)];
  const ofInsights = MIN_SHRINK * Math.max(...measured.map(({ sidePx }) => sidePx));
  return Math.max(ofInsights, ...steps.map(({ minSidePx = 0 }) => minSidePx));
}

async function applySteps(
  decoded: RawPixels,
  { own, pipeline, context }: OwnRun,
): Promise<RawPixels> {
  let pixels = decoded;
  for (const step of pipeline.steps) {
    pixels = await own.run(`step ${step.name}`, async () => {
      const made = await step.apply(pixels, context);
      checkPixels(made);
      return made;
    });
  }
  return pixels;
}

/** Whether steps left every sample as it was. */
function isAlike(before: Uint8Array, after: Uint8Array): boolean {
  return before.length === after.length && before.every((sample, at) => sample === after[at]);
}

function checkPixels({ data, width, height, channels }: RawPixels): void {
  if (data.length === width * height * channels && data.length > 0) return;
  throw new TypeError(
    `Cannot go on with ${width} x ${height} x ${channels} pixels in ${data.length} bytes`,
  );
}

async function measureStandard(
  shared: SharedPixels,
  context: PictureContext,
): Promise<PixelInsights> {
  const values: Record<string, unknown> = {};
  for (const [name, { sidePx, measure }] of Object.entries(STANDARD_INSIGHTS)) {
    values[name] = measure(await shared.forInsight(sidePx), context);
  }
  return values as PixelInsights; // the table has each of them by its name
}

async function cameraOf({ bytes, exif }: RenderRequest): Promise<Camera | undefined> {
  if (exif === undefined) return undefined;
  return await readCamera(bytes.subarray(exif.offset, exif.offset + exif.length));
}
