import type { RawPixels } from "@tintype/core/ports/image_codec";

/** Linear RGB of a colour space to linear sRGB, row by row. */
type Matrix = readonly [
  readonly [number, number, number],
  readonly [number, number, number],
  readonly [number, number, number],
];

interface NamedProfile {
  readonly name: RegExp;
  readonly matrix: Matrix;
  /** From a stored value to light, both 0 to 1. */
  toLight(value: number): number;
}

const PROFILES: readonly NamedProfile[] = [
  {
    // CSS Color 4, section 10.4: both spaces have D65 and sRGB's curve.
    name: /display p3|^s?p3c?$/i,
    matrix: [[1.2249401, -0.2249404, 0], [-0.0420569, 1.0420571, 0], [
      -0.0196376,
      -0.0786361,
      1.0982735,
    ]],
    toLight: srgbToLight,
  },
  {
    // Adobe RGB (1998) Color Image Encoding, sections 4.3.1 and 4.3.4.
    name: /adobe ?rgb/i,
    matrix: [[1.3983, -0.3983, 0], [0, 1, 0], [0, -0.0429, 1.0429]],
    toLight: (value) => value ** 2.19921875,
  },
];

/** Pixels in sRGB, where their profile is known by its name; all others are taken for sRGB. */
export function toSrgb(pixels: RawPixels, profileName: string | undefined): RawPixels {
  const profile = PROFILES.find(({ name }) => name.test(profileName ?? ""));
  if (profile === undefined) return pixels;
  const light = Float64Array.from({ length: 256 }, (_, value) => profile.toLight(value / 255));
  const { channels } = pixels;
  const data = pixels.data.slice();
  for (let at = 0; at < data.length; at += channels) {
    // Read within bounds: three colours a pixel, 256 values each.
    const [r, g, b] = [light[data[at]!]!, light[data[at + 1]!]!, light[data[at + 2]!]!];
    profile.matrix.forEach(([fromR, fromG, fromB], channel) => {
      data[at + channel] = lightToSrgb(fromR * r + fromG * g + fromB * b);
    });
  }
  return { ...pixels, data };
}

/** IEC 61966-2-1, section 5.2. */
function srgbToLight(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

function lightToSrgb(light: number): number {
  const value = light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
  return Math.round(255 * Math.min(1, Math.max(0, value)));
}
