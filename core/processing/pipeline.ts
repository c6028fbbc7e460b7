/**
 * The socket for the company's own code: its rendition table, its steps over decoded pixels, its insights.
 * A module whose default export is a pipeline is named in `PIPELINE`; it runs in the pixel process, where a step that
 * throws, hangs or takes memory without end costs that image only.
 */
import type { ImageHeader, PixelInsights } from "../model/insights.ts";
import type { MediaType } from "../model/media_type.ts";
import { columnNameFault, type OwnColumn } from "../model/own_column.ts";
import { ImageRejected } from "../model/reject_reason.ts";
import { type RenditionSpec, renditionTableSchema } from "../model/rendition.ts";
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

/** A step over the decoded pixels (8-bit sRGB, upright, as large as the largest rendition); all renditions follow from its answer. */
export interface PipelineStep {
  readonly name: string;
  apply(pixels: RawPixels, context: PictureContext): RawPixels | Promise<RawPixels>;
}

/** An insight: a pure function of pixels. */
export interface Insight<Value> {
  /** Longest side, in pixels, of the pixels that it gets, whatever the renditions are; a smaller picture stays as it is. */
  readonly sidePx: number;
  measure(pixels: RawPixels, context: PictureContext): Value;
}

/** A value that an own insight may have: it becomes a column of the row and a field of the manifest. */
export type CustomValue = string | number | boolean | null;

/** An insight of the company's own and its column in BigQuery. */
export interface OwnInsight extends Insight<CustomValue> {
  readonly column: OwnColumn;
}

/** What a pipeline says; what it leaves out is as without it. */
interface PipelineDefinition {
  /** In the place of the plan's table. */
  readonly renditions?: readonly Partial<RenditionSpec>[];
  /** In order, between decoding and renditions. */
  readonly steps?: readonly PipelineStep[];
  /** By column name, `[a-z][a-z0-9_]*`; at most 32. */
  readonly insights?: Readonly<Record<string, OwnInsight>>;
}

/** A pipeline that was found sound. */
export interface Pipeline {
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
  const fault = Object.keys(insights).map(columnNameFault).find((found) => found !== undefined);
  if (fault !== undefined) throw new TypeError(`Cannot define a pipeline as ${fault}`);
  if (Object.keys(insights).length > MAX_OWN_INSIGHTS) {
    throw new TypeError(`Cannot define a pipeline as insights must be <= ${MAX_OWN_INSIGHTS}`);
  }
  return {
    renditions: renditions === undefined ? undefined : parseTable(renditions),
    steps,
    insights,
  };
}

/** The pipeline of a processor that names none: the plan's renditions, no steps, the standard insights alone. */
export const DEFAULT_PIPELINE: Pipeline = definePipeline({});

/** The columns that a pipeline's rows have on top of every image's. */
export function columnsOf({ insights }: Pipeline): Readonly<Record<string, OwnColumn>> {
  return Object.fromEntries(Object.entries(insights).map(([name, { column }]) => [name, column]));
}

/** For steps: refuses the picture, `pipeline_rejected`; the detail is shown to its owner, at most 200 characters. */
export function rejectPicture(detail: string): never {
  throw new ImageRejected("pipeline_rejected", detail.slice(0, 200));
}

function parseTable(renditions: readonly unknown[]): readonly RenditionSpec[] {
  const read = renditionTableSchema.safeParse(renditions);
  if (read.success) return read.data;
  const list = read.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new TypeError(`Cannot define a pipeline as its renditions are wrong: ${list.join("; ")}`);
}
