import type { RawPixels } from "../ports/image_codec.ts";

/** A colour as samples, three or four of them. */
export type Color = readonly number[];

/** Draws pixels by asking for the colour of each; `channels` follows from the first one. For tests. */
export function draw(
  width: number,
  height: number,
  colorAt: (x: number, y: number) => Color,
): RawPixels {
  const channels = colorAt(0, 0).length === 4 ? 4 : 3;
  const data = new Uint8Array(width * height * channels);
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += channels) data.set(colorAt(x, y), at);
  }
  return { data, width, height, channels };
}

/** The colour at a place given in shares of the sides, 0 to 1. */
export function colorAt({ data, width, height, channels }: RawPixels, x: number, y: number): Color {
  const column = Math.min(width - 1, Math.floor(x * width));
  const row = Math.min(height - 1, Math.floor(y * height));
  const at = (row * width + column) * channels;
  return Array.from(data.subarray(at, at + channels));
}

/** The largest difference of a sample between two colours. */
export function difference(a: Color, b: Color): number {
  return Math.max(...a.map((sample, index) => Math.abs(sample - (b[index] ?? 0))));
}

/** Four quarters: red and green above, blue and white below; tells every turn and mirroring from every other. */
export function quarters(width: number, height: number): RawPixels {
  return draw(width, height, (x, y) => {
    const isLeft = x < width / 2;
    if (y < height / 2) return isLeft ? [230, 30, 30] : [30, 200, 60];
    return isLeft ? [40, 60, 220] : [250, 250, 250];
  });
}
