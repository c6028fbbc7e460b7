import type { StoredColor } from "../../model/stored_color.ts";

/** The light of diffuse white in HDR, in nits (ITU-R BT.2408, section 2.2): SDR's white. */
export const WHITE_NITS = 203;
/** The brightest light of HLG's reference display, and of PQ where a file does not say more, in nits (ITU-R BT.2100). */
export const PEAK_NITS = 1_000;

/** Light of a stored value (0 to 1); SDR's white is 1, except for HLG, whose light is the scene's. */
export function lightOf({ transfer, gamma = 2.2 }: StoredColor): (value: number) => number {
  if (transfer === "pq") return pqLight;
  if (transfer === "hlg") return hlgLight;
  if (transfer === "linear") return (value) => value;
  if (transfer === "gamma") return (value) => value ** gamma;
  if (transfer === "bt1886") return (value) => value ** 2.4;
  return srgbLight;
}

/** IEC 61966-2-1, section 5.2. */
function srgbLight(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

/** SMPTE ST 2084, section 5.2. */
function pqLight(value: number): number {
  const power = value ** (32 / 2_523);
  const nits = 10_000 *
    (Math.max(0, power - 0.8359375) / (18.8515625 - 18.6875 * power)) ** (8_192 / 1_305);
  return nits / WHITE_NITS;
}

/** ITU-R BT.2100, table 5: the inverse of HLG's camera curve. */
function hlgLight(value: number): number {
  if (value <= 0.5) return value ** 2 / 3;
  return (Math.exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12;
}

/**
 * The gain, by the brightest of a pixel's three lights, that brings HDR of a peak (both by SDR's white) into SDR. Below
 * white it is constant: 1/2 from 1,000 nits on, as white must leave room for highlights. Above, light follows a quadratic
 * Bézier curve to the peak, as Chromium draws it.
 */
export function toneGain(peak: number): (light: number) => number {
  const whiteOut = 2 ** -Math.min(1, Math.log2(peak) / Math.log2(PEAK_NITS / WHITE_NITS));
  const [middleIn, middleOut] = [1 - BEND + BEND / whiteOut, whiteOut + BEND * (1 - whiteOut)];
  const [a, b] = [1 - 2 * middleIn + peak, 2 * (middleIn - 1)];
  return (light) => {
    if (light <= 1) return whiteOut;
    if (light >= peak) return 1 / light;
    const t = a < 1e-6 ? (light - 1) / b : (Math.sqrt(b * b + 4 * a * (light - 1)) - b) / (2 * a);
    const out = (1 - t) ** 2 * whiteOut + 2 * t * (1 - t) * middleOut + t ** 2;
    return out / light;
  };
}

/** How far along the line of constant gain the curve's middle point lies. */
const BEND = 0.65;
