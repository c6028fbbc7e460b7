import type { ImageCodec, RawPixels } from "../ports/image_codec.ts";
import type { PlannedRendition, Size } from "./plan_renditions.ts";

/** A rendition is made from a larger one that has at least so many times its sides, so that resampling twice is not seen. */
export const MIN_SHRINK = 2;

/** The whole picture in several sizes, from the largest to the smallest, each made once from the nearest larger one. */
export class SharedPixels {
  readonly #codec: ImageCodec;
  readonly #sizes: [RawPixels, ...RawPixels[]];

  constructor(codec: ImageCodec, largest: RawPixels) {
    this.#codec = codec;
    this.#sizes = [largest];
  }

  /** The rendition's pixels: those at hand where their size is right, else resized from the smallest that are ample. */
  async forRendition({ spec, scaled }: PlannedRendition): Promise<RawPixels> {
    const source = this.#ample(scaled);
    if (spec.fit !== "inside") return await this.#codec.resize(source, spec);
    // Codecs round a side up or down; nobody sees the difference, but everybody sees a second resampling.
    const ready = this.#sizes.find(({ width, height }) =>
      Math.abs(width - scaled.width) <= 1 && Math.abs(height - scaled.height) <= 1 &&
      width <= spec.width && height <= spec.height
    );
    const pixels = ready ?? await this.#codec.resize(source, { ...spec, ...scaled });
    if (this.#sizes.every((other) => sideOf(other) > sideOf(pixels))) this.#sizes.push(pixels);
    return pixels;
  }

  /** Pixels of exactly that longest side, made once; the largest ones where they are smaller. */
  async forInsight(sidePx: number): Promise<RawPixels> {
    const ready = this.#sizes.find((pixels) => Math.abs(sideOf(pixels) - sidePx) <= 1);
    if (ready !== undefined) return ready;
    const ample = this.#sizes.findLast((pixels) => sideOf(pixels) >= sidePx * MIN_SHRINK);
    const source = ample ?? this.#sizes[0];
    if (sideOf(source) <= sidePx) return source;
    const box = { width: sidePx, height: sidePx, fit: "inside", enlarge: false } as const;
    const smaller = await this.#codec.resize(source, { ...box, background: "#ffffff" });
    this.#sizes.push(smaller);
    this.#sizes.sort((a, b) => sideOf(b) - sideOf(a));
    return smaller;
  }

  #ample({ width, height }: Size): RawPixels {
    const ample = this.#sizes.findLast((pixels) =>
      pixels.width >= width * MIN_SHRINK && pixels.height >= height * MIN_SHRINK
    );
    return ample ?? this.#sizes[0];
  }
}

function sideOf({ width, height }: RawPixels): number {
  return Math.max(width, height);
}
