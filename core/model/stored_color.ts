/** How a file says that its samples stand for colours. */

/** Colour primaries by name: ITU-T H.273, table 2, and those that profiles bring. */
export const PRIMARIES = [
  "bt709",
  "bt470m",
  "bt470bg",
  "smpte170m",
  "film",
  "bt2020",
  "xyz",
  "dci_p3",
  "display_p3",
  "ebu3213",
  "adobe_rgb",
  "prophoto_rgb",
  "other",
] as const;

/** Transfer characteristics by name: ITU-T H.273, table 3; `gamma` is any pure power. */
export const TRANSFERS = ["srgb", "bt1886", "gamma", "linear", "pq", "hlg", "other"] as const;

/** Colour primaries. */
export type Primaries = (typeof PRIMARIES)[number];

/** Transfer characteristics. */
export type Transfer = (typeof TRANSFERS)[number];

/** The colours of stored samples, as the file itself describes them. */
export interface StoredColor {
  /** A `profile` is applied by the codec, `code_points` by Tintype itself, to pixels as they are stored. */
  readonly by: "profile" | "code_points";
  readonly primaries: Primaries;
  readonly transfer: Transfer;
  /** The exponent of `gamma`, from stored to linear. */
  readonly gamma?: number;
  /** x and y of red, green, blue and white, where `primaries` is `other` and the file lists them. */
  readonly chromaticities?: readonly number[];
  /** Whether samples of grey leave out both ends of their range, as video does; a codec brings them to all of it. */
  readonly isLimited?: boolean;
  /** The brightest light in the picture, in nits, where the file says so. */
  readonly peakNits?: number;
}

/** Whether samples are stored for displays brighter than SDR's (ITU-R BT.2100). */
export function isHdr(color: StoredColor | undefined): boolean {
  return color?.transfer === "pq" || color?.transfer === "hlg";
}
