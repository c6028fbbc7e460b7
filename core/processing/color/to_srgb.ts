/**
 * The one place where colours that a file gives by code points become 8-bit sRGB, whatever codec decoded it: samples to
 * light, HDR's light to SDR's, stored primaries to sRGB's, light to samples.
 */
import { isHdr, type StoredColor } from "../../model/stored_color.ts";
import type { DecodedPixels, RawPixels } from "../../ports/image_codec.ts";
import { lightOf, PEAK_NITS, toneGain, WHITE_NITS } from "./_light.ts";
import { matrixToSrgb } from "./_primaries.ts";

/** More steps tell 8-bit samples apart no better, except near black, where sRGB's slope is 12.92. */
const LIGHT_STEPS = 16_383;
const GAIN_STEPS = 4_096;
/** Light of 16-bit samples is looked up by their upper bits. */
const DEEP_SHIFT = 4;

const SAMPLE_OF_LIGHT = Uint8Array.from({ length: LIGHT_STEPS + 1 }, (_, step) => {
  const light = step / LIGHT_STEPS; // IEC 61966-2-1, section 5.2
  const value = light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
  return Math.round(255 * value);
});

/** The 8-bit sRGB sample of linear light; beyond 0 and 1 it is cut. */
export function sampleOfLight(light: number): number {
  const step = Math.round(light * LIGHT_STEPS);
  return SAMPLE_OF_LIGHT[step < 0 ? 0 : step > LIGHT_STEPS ? LIGHT_STEPS : step]!; // within bounds
}

/** Whether samples stand for other colours than sRGB's, and no profile says which. */
export function isConverted(color: StoredColor | undefined): color is StoredColor {
  if (color === undefined || color.by === "profile") return false;
  return color.primaries !== "bt709" || color.transfer !== "srgb";
}

/** Decoded pixels in 8-bit sRGB; colours beyond it are cut to its edge. */
export function toSrgb(pixels: DecodedPixels, color: StoredColor | undefined): RawPixels {
  if (!isConverted(color)) return shallow(pixels);
  const { data, width, height, channels } = pixels;
  const isDeep = data instanceof Uint16Array;
  const shift = isDeep ? DEEP_SHIFT : 0;
  const light = lightTable(color, isDeep ? 65_536 >> DEEP_SHIFT : 256);
  const matrix = matrixToSrgb(color).flat();
  const gain = isHdr(color) ? gainOf(color) : undefined;
  const out = new Uint8Array(data.length);
  const rgb: [number, number, number] = [0, 0, 0];
  for (let at = 0; at < data.length; at += channels) {
    // Within bounds: three colours a pixel, a light for each sample.
    rgb[0] = light[data[at]! >> shift]!;
    rgb[1] = light[data[at + 1]! >> shift]!;
    rgb[2] = light[data[at + 2]! >> shift]!;
    gain?.(rgb);
    writePixel(out, at, { rgb, matrix });
    if (channels === 4) out[at + 3] = isDeep ? data[at + 3]! >> 8 : data[at + 3]!;
  }
  return { data: out, width, height, channels };
}

interface LinearPixel {
  readonly rgb: readonly [number, number, number];
  readonly matrix: readonly number[];
}

function writePixel(out: Uint8Array, at: number, { rgb: [r, g, b], matrix }: LinearPixel): void {
  // Nine numbers.
  out[at] = sampleOfLight(matrix[0]! * r + matrix[1]! * g + matrix[2]! * b);
  out[at + 1] = sampleOfLight(matrix[3]! * r + matrix[4]! * g + matrix[5]! * b);
  out[at + 2] = sampleOfLight(matrix[6]! * r + matrix[7]! * g + matrix[8]! * b);
}

function lightTable(color: StoredColor, steps: number): Float32Array {
  const light = lightOf(color);
  return Float32Array.from({ length: steps }, (_, step) => light(step / (steps - 1)));
}

/** Brings a pixel's HDR light into SDR, in its place. */
function gainOf(color: StoredColor): (rgb: [number, number, number]) => void {
  const peak = (color.transfer === "pq" ? color.peakNits ?? PEAK_NITS : PEAK_NITS) / WHITE_NITS;
  const exact = toneGain(Math.max(1, peak));
  const gains = tableOf(exact, peak);
  const display = PEAK_NITS / WHITE_NITS;
  return (rgb) => {
    const [r, g, b] = rgb;
    // HLG's light is the scene's: the display's grows with its brightness (ITU-R BT.2100, table 5, OOTF).
    const system = color.transfer === "hlg"
      ? display * (0.2627 * r + 0.678 * g + 0.0593 * b) ** 0.2
      : 1;
    const factor = system * gains(system * Math.max(r, g, b));
    rgb[0] = r * factor;
    rgb[1] = g * factor;
    rgb[2] = b * factor;
  };
}

/** A function from 0 to `max` by its values at equal steps; exact beyond. */
function tableOf(exact: (value: number) => number, max: number): (value: number) => number {
  const values = Float32Array.from(
    { length: GAIN_STEPS + 1 },
    (_, step) => exact((step / GAIN_STEPS) * max),
  );
  return (value) => value > max ? exact(value) : values[Math.round((value / max) * GAIN_STEPS)]!;
}

/** Samples of 8 bits; in deep ones the upper half. */
function shallow({ data, ...shape }: DecodedPixels): RawPixels {
  return {
    ...shape,
    data: data instanceof Uint16Array ? Uint8Array.from(data, (v) => v >> 8) : data,
  };
}
