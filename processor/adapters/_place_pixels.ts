import type { RawPixels } from "@tintype/core/ports/image_codec";
import type { Placement, Size } from "@tintype/core/processing/plan_renditions";

/** A part of a picture, in pixels. */
interface Area extends Size {
  readonly left: number;
  readonly top: number;
}

/** Cuts scaled pixels to their canvas (`cover`), or puts them onto one of the background's colour (`contain`). */
export function placed(
  pixels: RawPixels,
  { canvas, left, top }: Placement,
  background: string,
): RawPixels {
  const { width, height, channels } = pixels;
  if (canvas.width === width && canvas.height === height) return pixels;
  const color = [...rgbOf(background), 255].slice(0, channels);
  const data = new Uint8Array(canvas.width * canvas.height * channels);
  for (let at = 0; at < data.length; at += channels) data.set(color, at);
  const from = { x: Math.max(0, -left), y: Math.max(0, -top) };
  const to = { x: Math.max(0, left), y: Math.max(0, top) };
  const columns = Math.min(width, canvas.width);
  for (let row = 0; row < Math.min(height, canvas.height); row += 1) {
    const start = ((from.y + row) * width + from.x) * channels;
    const samples = pixels.data.subarray(start, start + columns * channels);
    data.set(samples, ((to.y + row) * canvas.width + to.x) * channels);
  }
  return { data, ...canvas, channels };
}

/** Pixels without alpha: over the background's colour. */
export function flattened(pixels: RawPixels, background: string): RawPixels {
  if (pixels.channels === 3) return pixels;
  const { data, width, height } = pixels;
  const behind = rgbOf(background);
  const flat = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const alpha = data[pixel * 4 + 3]! / 255;
    for (let sample = 0; sample < 3; sample += 1) {
      const value = data[pixel * 4 + sample]! * alpha + behind[sample]! * (1 - alpha);
      flat[pixel * 3 + sample] = Math.round(value);
    }
  }
  return { data: flat, width, height, channels: 3 };
}

/** RGB of RGBA, whatever its alpha. */
export function withoutAlpha({ data, width, height, channels }: RawPixels): RawPixels {
  if (channels === 3) return { data, width, height, channels };
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
    rgb[to] = data[from]!;
    rgb[to + 1] = data[from + 1]!;
    rgb[to + 2] = data[from + 2]!;
  }
  return { data: rgb, width, height, channels: 3 };
}

/** RGBA of RGB, opaque. */
export function withAlpha({ data, width, height, channels }: RawPixels): RawPixels {
  if (channels === 4) return { data, width, height, channels };
  const rgba = new Uint8Array(width * height * 4).fill(255);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    rgba[to] = data[from]!;
    rgba[to + 1] = data[from + 1]!;
    rgba[to + 2] = data[from + 2]!;
  }
  return { data: rgba, width, height, channels: 4 };
}

/** RGBA that is transparent outside of an area, given in pixels. */
export function onlyInside(pixels: RawPixels, { left, top, width, height }: Area): RawPixels {
  const data = new Uint8Array(pixels.data.length);
  const bottom = Math.min(top + height, pixels.height);
  for (let y = top; y < bottom; y += 1) {
    const from = (y * pixels.width + left) * 4;
    const end = Math.min(from + width * 4, (y + 1) * pixels.width * 4);
    data.set(pixels.data.subarray(from, end), from);
  }
  return { ...pixels, data };
}

function rgbOf(color: string): readonly [number, number, number] {
  const value = Number.parseInt(color.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}
