import type { RawPixels } from "../ports/image_codec.ts";

/** Turns and mirrors stored pixels so that they are seen upright (EXIF 2.32, section 4.6.4). */
export function upright(pixels: RawPixels, orientation: number): RawPixels {
  if (orientation <= 1 || orientation > 8) return pixels;
  const { data, width, height, channels } = pixels;
  const swaps = orientation >= 5;
  const [seenWidth, seenHeight] = swaps ? [height, width] : [width, height];
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBottom = [3, 4, 6, 7].includes(orientation);
  const seen = new Uint8Array(data.length);
  for (let y = 0, out = 0; y < seenHeight; y += 1) {
    for (let x = 0; x < seenWidth; x += 1, out += channels) {
      const [column, row] = swaps ? [y, x] : [x, y];
      const storedX = fromRight ? width - 1 - column : column;
      const storedY = fromBottom ? height - 1 - row : row;
      const at = (storedY * width + storedX) * channels;
      for (let sample = 0; sample < channels; sample += 1) seen[out + sample] = data[at + sample]!;
    }
  }
  return { data: seen, width: seenWidth, height: seenHeight, channels };
}
