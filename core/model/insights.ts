import * as z from "zod";
import type { StoredColor } from "./stored_color.ts";

const unit = z.number().min(0).max(1);
const color = z.string().regex(/^#[0-9a-f]{6}$/);

/** Facts of a picture's header, before any decoder has seen it. */
export interface ImageHeader {
  /** As stored, before orientation, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly bitDepth: number;
  /** Samples per pixel, alpha included. */
  readonly channels: number;
  readonly hasAlpha: boolean;
  readonly colorSpace: ColorSpace;
  /** EXIF orientation, 1 to 8; 1 where the file says nothing. */
  readonly orientation: number;
  readonly iccName: string | undefined;
  /** What its samples stand for; undefined where the file says nothing: sRGB. */
  readonly color?: StoredColor | undefined;
}

/** Whether signed Content Credentials (C2PA) were found in a file; they are not verified. */
export const PROVENANCES = ["none", "present"] as const;

/** What a file says of how the picture came to be. */
export interface Origins {
  readonly provenance: (typeof PROVENANCES)[number];
  /** By IPTC's digital source type; undefined where the file names none. */
  readonly isAiGenerated?: boolean;
  /** Whether XMP says where the picture was taken; never where. */
  readonly hasGps: boolean;
  /** Local hour of capture by XMP, 0 to 23. */
  readonly capturedHour?: number;
}

/** Colour models of stored pixels. */
export const COLOR_SPACES = [
  "rgb",
  "grey",
  "cmyk",
  "ycck",
  "palette",
  "yuv",
  "lab",
  "other",
] as const;

/** The colour model of stored pixels. */
export type ColorSpace = (typeof COLOR_SPACES)[number];

/** Facts of the camera: a closed vocabulary for makes, a strict pattern for models, never serial numbers or places. */
export const cameraSchema = z.object({
  make: z.string().regex(/^[a-z][a-z-]{0,31}$/).optional(),
  model: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9 ._+()/-]{0,47}$/).optional(),
  lens: z.string().max(64).optional(),
  exposureMs: z.number().positive().optional(),
  fNumber: z.number().positive().optional(),
  iso: z.int().positive().optional(),
  focalLengthMm: z.number().positive().optional(),
  /** Local hour of capture, 0 to 23. */
  capturedHour: z.int().min(0).max(23).optional(),
  /** Whether the file says where it was taken; never where. */
  hasGps: z.boolean(),
});

/** Facts of the camera that took the picture. */
export type Camera = z.infer<typeof cameraSchema>;

/** What is seen in the pixels, in sRGB after orientation, each at a size of its own. */
export const pixelInsightsSchema = z.object({
  /** At most five, the most striking first. */
  dominantColors: z.array(color).max(5),
  /** The share of the picture that each of them has, 0 to 1. */
  dominantColorShares: z.array(unit).max(5).default([]),
  /** Mean of BT.709 luma, 0 (black) to 1 (white). */
  meanLuma: unit,
  /** Standard deviation of luma, 0 to 0.5. */
  contrast: unit,
  /** Variance of the Laplacian of 8-bit luma at 800 pixels; below about 100 a photograph looks blurred. */
  sharpness: z.number().min(0),
  /** Shannon entropy of the luma histogram, in bits, 0 to 8. */
  entropy: z.number().min(0).max(8),
  /** Whether the picture is near-uniform. */
  isBlank: z.boolean(),
  /** 64-bit DCT hash in hex; two pictures look alike where at most about ten bits differ. */
  perceptualHash: z.string().regex(/^[0-9a-f]{16}$/),
  /** Base64 of a thumbhash. */
  thumbhash: z.string().max(64),
});

/** What is seen in the pixels. */
export type PixelInsights = z.infer<typeof pixelInsightsSchema>;
