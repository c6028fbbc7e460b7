/** Where hostile pixels are handled: in production a pool of killable child processes. */
import type { CallOptions } from "./call_options.ts";
import type { Camera, ImageHeader, PixelInsights } from "../model/insights.ts";
import type { Timings } from "../model/manifest.ts";
import type { MediaType } from "../model/media_type.ts";
import type { OwnValue } from "../model/own_value.ts";
import type { Dropped, RenditionSpec, WrittenFormat } from "../model/rendition.ts";

/** One image to render; the guard has let it through. */
export interface RenderRequest {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly mediaType: MediaType;
  readonly header: ImageHeader;
  /** Where the camera's EXIF block lies in `bytes`, as the probe found it. */
  readonly exif?: { readonly offset: number; readonly length: number } | undefined;
  readonly renditions: readonly RenditionSpec[];
}

/** A rendition as it will be stored. */
export interface EncodedRendition {
  readonly name: string;
  readonly format: WrittenFormat;
  readonly width: number;
  readonly height: number;
  /** Of an animation; missing of a still picture. */
  readonly frames?: number | undefined;
  /** Whether a gain map was kept. */
  readonly hasGainMap?: true | undefined;
  /** What its line asks for and it could not keep. */
  readonly dropped?: readonly Dropped[] | undefined;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What development yields. */
export interface Rendered {
  readonly renditions: readonly EncodedRendition[];
  readonly insights: PixelInsights;
  readonly camera: Camera | undefined;
  /** Insights of the company's own pipeline: columns of the row. */
  readonly custom: Readonly<Record<string, OwnValue>>;
  /** Those that are in the manifest alone. */
  readonly extra: Readonly<Record<string, OwnValue>>;
  /** Milliseconds that each step and insight of the pipeline took. */
  readonly ownMs: Readonly<Record<string, number>>;
  readonly timings: Pick<Timings, "decodeMs" | "renditionsMs" | "insightsMs">;
  readonly engine: string;
}

/** How an image is rendered. */
export interface RenderOptions extends CallOptions {
  /** Whose share of the engine it takes. */
  readonly tenant?: string;
  /** Whether it came by a slow lane. */
  readonly isSlow?: boolean;
}

/**
 * Renders an image. Throws ImageRejected where the image is at fault (`corrupt`, `truncated`, `processing_limit`,
 * `unsupported_type`, `pipeline_rejected`), `rate_limited` where its tenant found no place in time, and `unavailable` where
 * the engine itself broke.
 * Who retries: the engine tries once more when a child died for no fault of the image's.
 */
export interface PixelEngine {
  render(request: RenderRequest, options?: RenderOptions): Promise<Rendered>;
}
