/**
 * The socket for the company's own code: its rendition table, its steps over decoded pixels, its insights.
 * A module whose default export is a pipeline is named in `PIPELINE`; it runs in the pixel process, where a step that
 * throws, hangs or takes memory without end costs that image only.
 */
import type { ImageHeader, PixelInsights } from "../model/insights.ts";
import type { MediaType } from "../model/media_type.ts";
import { columnNameFault, columnsFault, type OwnColumn } from "../model/own_column.ts";
import {
  type OwnValue,
  type PipelineIdentity,
  pipelineIdentitySchema,
} from "../model/own_value.ts";
import { ImageRejected } from "../model/reject_reason.ts";
import { MAX_RENDITION_PX, type RenditionSpec, renditionTableSchema } from "../model/rendition.ts";
import type { RawPixels } from "../ports/image_codec.ts";
import { dominantColors, dominantColorShares } from "./insights/dominant_colors.ts";
import { contrast, entropy, isBlank, meanLuma } from "./insights/luma.ts";
import { perceptualHash } from "./insights/perceptual_hash.ts";
import { sharpness } from "./insights/sharpness.ts";
import { thumbhash } from "./insights/thumbhash.ts";

/** What steps and insights may know of the picture beside its pixels. */
export interface PictureContext {
  readonly mediaType: MediaType;
  readonly header: ImageHeader;
}

/** A step over the decoded pixels (8-bit sRGB, upright, as large as the largest rendition); all renditions follow from what it returns. */
export interface PipelineStep {
  readonly name: string;
  /** Longest side, in pixels, that the decoded picture has at least, where the file has as much. */
  readonly minSidePx?: number;
  apply(pixels: RawPixels, context: PictureContext): RawPixels | Promise<RawPixels>;
}

/** An insight: a pure function of pixels. */
export interface Insight<Value> {
  /** Longest side, in pixels, of the pixels that it gets, whatever the renditions are; a smaller picture stays as it is. */
  readonly sidePx: number;
  measure(pixels: RawPixels, context: PictureContext): Value;
}

/** An insight of the company's own, and its column in BigQuery; without one its value is in the manifest alone. */
export interface OwnInsight extends Insight<OwnValue | Promise<OwnValue>> {
  readonly column?: OwnColumn;
}

/** What a pipeline says; what it leaves out is as without it. */
interface PipelineDefinition {
  /** Name and version of its package, which rows and manifests name; both or neither. */
  readonly name?: string;
  readonly version?: string;
  /** In the place of the plan's table. */
  readonly renditions?: readonly Partial<RenditionSpec>[];
  /** In order, between decoding and renditions. */
  readonly steps?: readonly PipelineStep[];
  /** By column name, `[a-z][a-z0-9_]*`; at most 32. */
  readonly insights?: Readonly<Record<string, OwnInsight>>;
}

/** A pipeline that was found sound. */
export interface Pipeline {
  readonly identity: PipelineIdentity | undefined;
  readonly renditions: readonly RenditionSpec[] | undefined;
  readonly steps: readonly PipelineStep[];
  readonly insights: Readonly<Record<string, OwnInsight>>;
}

/**
 * The sides that insights are measured at. The default table has both, so that they cost nothing there; sharpness needs more
 * than a thumbnail, as shrinking sharpens.
 */
const [THUMB_PX, MEDIUM_PX] = [200, 800];

/** What every picture is measured by. */
export const STANDARD_INSIGHTS: {
  readonly [Name in keyof PixelInsights]: Insight<PixelInsights[Name]>;
} = {
  dominantColors: { sidePx: THUMB_PX, measure: dominantColors },
  dominantColorShares: { sidePx: THUMB_PX, measure: dominantColorShares },
  meanLuma: { sidePx: THUMB_PX, measure: meanLuma },
  contrast: { sidePx: THUMB_PX, measure: contrast },
  entropy: { sidePx: THUMB_PX, measure: entropy },
  isBlank: { sidePx: THUMB_PX, measure: isBlank },
  sharpness: { sidePx: MEDIUM_PX, measure: sharpness },
  perceptualHash: { sidePx: THUMB_PX, measure: perceptualHash },
  thumbhash: { sidePx: THUMB_PX, measure: thumbhash },
};

const MAX_OWN_INSIGHTS = 32;

/** Makes a pipeline of its definition; throws TypeError that names what is wrong with it. */
export function definePipeline(definition: PipelineDefinition): Pipeline {
  const { renditions, steps = [], insights = {} } = definition;
  const names = Object.keys(insights).map(columnNameFault).find((found) => found !== undefined);
  const fault = names ?? columnsFault(columnsOf({ insights })) ?? sidesFault(definition);
  if (fault !== undefined) throw new TypeError(`Cannot define a pipeline: ${fault}`);
  if (Object.keys(insights).length > MAX_OWN_INSIGHTS) {
    throw new TypeError(`Cannot define a pipeline: insights must be at most ${MAX_OWN_INSIGHTS}`);
  }
  return {
    identity: identityOf(definition),
    renditions: renditions === undefined ? undefined : parseTable(renditions),
    steps,
    insights,
  };
}

/** The pipeline of a processor that names none: the plan's renditions, no steps, the standard insights alone. */
export const DEFAULT_PIPELINE: Pipeline = definePipeline({});

/** The columns that a pipeline's rows have on top of every image's. */
export function columnsOf(
  { insights }: Pick<Pipeline, "insights">,
): Readonly<Record<string, OwnColumn>> {
  return Object.fromEntries(
    Object.entries(insights).flatMap(([name, { column }]) =>
      column === undefined ? [] : [[name, column]]
    ),
  );
}

/**
 * Shares a result among a pipeline's steps and insights: it is computed once a picture, of the pixels of whoever asks
 * first. Steps run before insights, so a step that asks computes it of what was decoded, before it changes anything.
 */
export function oncePerPicture<Result>(
  compute: (pixels: RawPixels, context: PictureContext) => Result,
): (pixels: RawPixels, context: PictureContext) => Result {
  const results = new WeakMap<PictureContext, { readonly result: Result }>();
  return (pixels, context) => {
    const known = results.get(context) ?? { result: compute(pixels, context) };
    results.set(context, known);
    return known.result;
  };
}

/** For steps: refuses the picture, `pipeline_rejected`; the detail is shown to its owner, at most 200 characters. */
export function rejectPicture(detail: string): never {
  throw new ImageRejected("pipeline_rejected", detail.slice(0, 200));
}

function identityOf({ name, version }: PipelineDefinition): PipelineIdentity | undefined {
  if (name === undefined && version === undefined) return undefined;
  const read = pipelineIdentitySchema.safeParse({ name, version });
  if (read.success) return read.data;
  throw new TypeError(
    `Cannot define a pipeline: name and version must be those of a package (got ${name} ${version})`,
  );
}

function sidesFault({ steps = [], insights = {} }: PipelineDefinition): string | undefined {
  const asked = [
    ...steps.map(({ name, minSidePx = 1 }) => [`minSidePx of step ${name}`, minSidePx] as const),
    ...Object.entries(insights).map(([name, { sidePx }]) => [`sidePx of ${name}`, sidePx] as const),
  ];
  const isSound = (side: number) => Number.isInteger(side) && side >= 1 && side <= MAX_RENDITION_PX;
  const wrong = asked.find(([, side]) => !isSound(side));
  return wrong && `${wrong[0]} must be from 1 to ${MAX_RENDITION_PX} (got ${wrong[1]})`;
}

function parseTable(renditions: readonly unknown[]): readonly RenditionSpec[] {
  const read = renditionTableSchema.safeParse(renditions);
  if (read.success) return read.data;
  const list = read.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new TypeError(`Cannot define a pipeline: its renditions are wrong: ${list.join("; ")}`);
}
