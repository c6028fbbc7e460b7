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

/** Four quarters: red and green above, blue and white below; no turn or mirroring looks like another. */
export function quarters(width: number, height: number): RawPixels {
  return draw(width, height, (x, y) => {
    const isLeft = x < width / 2;
    if (y < height / 2) return isLeft ? [230, 30, 30] : [30, 200, 60];
    return isLeft ? [40, 60, 220] : [250, 250, 250];
  });
}

/** Soft hills with fine ripples, a hard edge and a disc: enough detail that a poor resize shows. */
export function scene(width: number, height: number): RawPixels {
  return draw(width, height, (column, row) => {
    const [x, y] = [column / width, row / height];
    const hills = 110 + 70 * Math.sin(7 * x + 3 * Math.sin(4 * y)) * Math.cos(5 * y);
    const ripples = 22 * Math.sin((column + 2 * row) / 5) * Math.sin(9 * x);
    const isDisc = (x - 0.7) ** 2 + (y - 0.35) ** 2 < 0.02;
    const light = hills + ripples + (y > 0.6 + 0.2 * x ? -60 : 0);
    const shade = (by: number) => Math.min(255, Math.max(0, Math.round(light + by)));
    return isDisc ? [240, shade(40), 60] : [shade(20), shade(0), shade(-25)];
  });
}

/** Pixels as a camera stores them so that a viewer who follows `orientation` sees `pixels` (EXIF 2.32, section 4.6.4). */
export function turned(pixels: RawPixels, orientation: number): RawPixels {
  const { width, height } = pixels;
  const swaps = orientation >= 5;
  const [storedWidth, storedHeight] = swaps ? [height, width] : [width, height];
  const fromRight = [2, 3, 6, 7].includes(orientation);
  const fromBottom = [3, 4, 7, 8].includes(orientation);
  return draw(storedWidth, storedHeight, (x, y) => {
    const [column, row] = swaps ? [y, x] : [x, y];
    const seenX = fromRight ? width - 1 - column : column;
    const seenY = fromBottom ? height - 1 - row : row;
    return colorAt(pixels, (seenX + 0.5) / width, (seenY + 0.5) / height);
  });
}
