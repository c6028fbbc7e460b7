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
  return sampleOfStep(light * LIGHT_STEPS);
}

function sampleOfStep(step: number): number {
  if (!(step > 0)) return 0;
  return step >= LIGHT_STEPS ? 255 : SAMPLE_OF_LIGHT[(step + 0.5) | 0]!; // within bounds
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
  const tables: readonly Table[] = matrixToSrgb(color).flat()
    .map((part) => light.map((each) => each * part * LIGHT_STEPS));
  const [rr, rg, rb, gr, gg, gb, br, bg, bb] = tables as NineTables; // three rows of three
  const gain = isHdr(color) ? gainOf(color, light) : undefined;
  const out = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at += channels) {
    // Within bounds: three colours a pixel, a line of each table for each sample.
    const [r, g, b] = [data[at]! >> shift, data[at + 1]! >> shift, data[at + 2]! >> shift];
    const factor = gain === undefined ? 1 : gain(r, g, b);
    out[at] = sampleOfStep(factor * (rr[r]! + rg[g]! + rb[b]!));
    out[at + 1] = sampleOfStep(factor * (gr[r]! + gg[g]! + gb[b]!));
    out[at + 2] = sampleOfStep(factor * (br[r]! + bg[g]! + bb[b]!));
    if (channels === 4) out[at + 3] = isDeep ? data[at + 3]! >> 8 : data[at + 3]!;
  }
  return { data: out, width, height, channels };
}

/** What each stored red, green and blue adds to each of sRGB's lights, row by row, in steps of light. */
type Table = Float32Array<ArrayBuffer>;
type NineTables = readonly [Table, Table, Table, Table, Table, Table, Table, Table, Table];

function lightTable(color: StoredColor, steps: number): Table {
  const light = lightOf(color);
  return Float32Array.from({ length: steps }, (_, step) => light(step / (steps - 1)));
}

/** What a pixel's HDR light is multiplied by to be SDR's, by its stored samples. */
function gainOf(color: StoredColor, light: Table): (r: number, g: number, b: number) => number {
  const isHlg = color.transfer === "hlg";
  const peak = Math.max(1, (isHlg ? PEAK_NITS : color.peakNits ?? PEAK_NITS) / WHITE_NITS);
  const tone = toneGain(peak);
  if (!isHlg) {
    const gains = light.map(tone);
    return (r, g, b) => gains[Math.max(r, g, b)]!; // the largest sample has the most light
  }
  const gains = tableOf(tone, peak);
  // HLG's light is the scene's: the display's grows with its brightness (ITU-R BT.2100, table 5, OOTF).
  const system = tableOf((brightness) => PEAK_NITS / WHITE_NITS * brightness ** 0.2, 1);
  return (r, g, b) => {
    const factor = system(0.2627 * light[r]! + 0.678 * light[g]! + 0.0593 * light[b]!);
    return factor * gains(factor * light[Math.max(r, g, b)]!);
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
