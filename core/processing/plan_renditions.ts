/** From a rendition table to sizes: what to decode to, and in which order renditions follow from one another. */
import type { ImageHeader } from "../model/insights.ts";
import type { RenditionSpec } from "../model/rendition.ts";
import { MAX_SIDE_PX } from "./guard.ts";

/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The box of a rendition, and how a picture is fitted into it. */
type Box = Pick<RenditionSpec, "width" | "height" | "fit" | "enlarge">;

/** A rendition and the whole picture in it, before anything is cut off or added. */
export interface PlannedRendition {
  readonly spec: RenditionSpec;
  /** The whole picture's size, rounded. */
  readonly scaled: Size;
  /** What it is fitted inside for that: the side that decides is exact, whatever the other one is rounded to. */
  readonly box: Size;
}

/** What to decode, and the renditions from the largest to the smallest. */
interface RenditionPlan {
  /** The box, upright, inside which the decoded picture is as large as any rendition or insight needs. */
  readonly decode: Size;
  readonly order: readonly PlannedRendition[];
}

/** The picture's size as it is seen: orientations 5 to 8 swap the sides (EXIF 2.32, section 4.6.4). */
export function uprightSize({ width, height, orientation }: ImageHeader): Size {
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}

/**
 * Plans a rendition table for a picture; enlarged renditions follow from the picture's own size. The picture is decoded to a
 * longest side of at least `minSidePx`, where it has as much, so that its measures do not depend on the table.
 */
export function planRenditions(
  header: ImageHeader,
  renditions: readonly RenditionSpec[],
  minSidePx = 0,
): RenditionPlan {
  const size = uprightSize(header);
  const order = renditions
    .map((spec) => ({ spec, scaled: scaledSize(size, spec), box: boxOf(size, spec) }))
    .sort((a, b) => areaOf(b.scaled) - areaOf(a.scaled));
  const [largest] = order;
  const isEnough = largest !== undefined &&
    Math.max(largest.scaled.width, largest.scaled.height) >= minSidePx;
  return { decode: isEnough ? largest.box : { width: minSidePx, height: minSidePx }, order };
}

/** `cover` is decided by the side that needs the larger scale; the other one may be as long as it will. */
function boxOf(size: Size, { width, height, fit }: RenditionSpec): Size {
  if (fit !== "cover") return { width, height };
  const isDecidedByWidth = width / size.width >= height / size.height;
  return isDecidedByWidth ? { width, height: MAX_SIDE_PX } : { width: MAX_SIDE_PX, height };
}

/**
 * The whole picture's size for a rendition: as large as its box holds (`inside`, `contain`) or as small as covers it
 * (`cover`), not enlarged unless the rendition asks for it; no side below one pixel.
 */
export function scaledSize(size: Size, { width, height, fit, enlarge }: Box): Size {
  const ratios = [width / size.width, height / size.height];
  const wanted = fit === "cover" ? Math.max(...ratios) : Math.min(...ratios);
  const scale = enlarge ? wanted : Math.min(1, wanted);
  return {
    width: Math.max(1, Math.round(size.width * scale)),
    height: Math.max(1, Math.round(size.height * scale)),
  };
}

/**
 * The size of pixels resized inside a box. A box that differs from it by a pixel at most is filled: it was computed from
 * the picture's own size, and the pixels' size was rounded once already.
 */
export function insideSize(pixels: Size, { width, height, enlarge }: Omit<Box, "fit">): Size {
  const size = scaledSize(pixels, { width, height, fit: "inside", enlarge });
  const isBox = Math.abs(size.width - width) <= 1 && Math.abs(size.height - height) <= 1;
  return isBox ? { width, height } : size;
}

/** How pixels become a rendition's: the whole picture's size, the canvas, and where on it the picture begins. */
export interface Placement {
  readonly scaled: Size;
  readonly canvas: Size;
  /** In pixels of the canvas; negative where the picture is cut. */
  readonly left: number;
  readonly top: number;
}

/**
 * Places pixels as a rendition's line says: `inside` is its own canvas, `cover` is cut in its middle to the box or, where
 * it is smaller and must not be enlarged, to what it has of it; `contain` lies in the middle of the whole box.
 */
export function placementOf(pixels: Size, options: Box): Placement {
  const { width, height, fit } = options;
  if (fit === "inside") {
    const scaled = insideSize(pixels, options);
    return { scaled, canvas: scaled, left: 0, top: 0 };
  }
  const scaled = scaledSize(pixels, options);
  const canvas = fit === "contain" ? { width, height } : {
    width: Math.min(width, scaled.width),
    height: Math.min(height, scaled.height),
  };
  return {
    scaled,
    canvas,
    left: Math.trunc((canvas.width - scaled.width) / 2),
    top: Math.trunc((canvas.height - scaled.height) / 2),
  };
}

function areaOf({ width, height }: Size): number {
  return width * height;
}
