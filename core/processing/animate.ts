/** Animations that stay animations: what may be decoded whole, and how its frames become a rendition's. */
import { ImageRejected } from "../model/reject_reason.ts";
import type { RenditionSpec } from "../model/rendition.ts";
import type { DecodeRequest, ImageCodec, RawPixels } from "../ports/image_codec.ts";
import type { EncodedRendition } from "../ports/pixel_engine.ts";
import { decodeAnimation } from "./decode_picture.ts";
import { type PlannedRendition, planRenditions } from "./plan_renditions.ts";
import { probeBytes } from "./probe/probe.ts";
import { SharedPixels } from "./shared_pixels.ts";

/** An animation of more frames becomes a still picture. */
const MAX_ANIMATED_FRAMES = 600;
/** Pixels of all frames as they are stored; decoders go through them one after another. */
const MAX_STORED_PIXELS = 250_000_000;
/** Pixels of all frames as large as the largest animated rendition: they are in memory together, four bytes each. */
const MAX_SHOWN_PIXELS = 32_000_000;

/** A picture to decode, and what happens to each of its frames. */
interface AnimationRequest extends Omit<DecodeRequest, "target"> {
  readonly renditions: readonly RenditionSpec[];
  readonly applySteps: (pixels: RawPixels) => Promise<RawPixels>;
}

/** Makes one line's rendition of an animation. */
export type AnimatedRendition = (planned: PlannedRendition) => Promise<EncodedRendition>;

/**
 * Decodes all frames and applies the pipeline's steps to each; undefined where no line asks for that, or there is more than is
 * decoded whole. Throws ImageRejected.
 */
export async function openAnimation(
  codec: ImageCodec,
  { renditions, applySteps, ...picture }: AnimationRequest,
): Promise<AnimatedRendition | undefined> {
  const { header, mediaType } = picture;
  const { animations } = codec;
  const lines = renditions.filter(({ animated }) => animated);
  if (lines.length === 0 || header.frames < 2 || !animations?.takes.has(mediaType)) {
    return undefined;
  }
  const { decode, order: [largest] } = planRenditions(header, lines);
  const shown = largest === undefined ? 0 : largest.scaled.width * largest.scaled.height;
  const isBounded = header.frames <= MAX_ANIMATED_FRAMES &&
    header.frames * header.width * header.height <= MAX_STORED_PIXELS &&
    header.frames * shown <= MAX_SHOWN_PIXELS;
  if (!isBounded) return undefined;
  const target = { ...decode, fit: "inside" } as const;
  const animation = await decodeAnimation(animations, { ...picture, target });
  if (animation === undefined) return undefined;
  const { frames, ...timing } = animation;
  const whole: SharedPixels[] = [];
  for (const frame of frames) whole.push(new SharedPixels(codec, await applySteps(frame)));
  // A small animation's renditions are all itself: they are encoded once.
  const known = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
  return async (planned) => {
    const made: RawPixels[] = [];
    for (const frame of whole) made.push(await frame.forRendition(planned));
    const { width, height } = sizeOfAll(made);
    const { name, quality, fit, background } = planned.spec;
    const alike = JSON.stringify([width, height, quality, fit, background]);
    const encoded = known.get(alike) ?? animations.encode({ ...timing, frames: made }, quality);
    known.set(alike, encoded);
    const bytes = await encoded;
    // Encoders write frames that look alike once.
    const { header: written } = await probeBytes(bytes);
    return { name, format: "webp", width, height, frames: written.frames, bytes };
  };
}

/** The shape that all frames have; a pipeline's step may have given them several. */
function sizeOfAll([first, ...others]: readonly RawPixels[]): RawPixels {
  const isAlike = ({ width, height, channels }: RawPixels) =>
    width === first?.width && height === first.height && channels === first.channels;
  if (first !== undefined && others.every(isAlike)) return first;
  throw new ImageRejected("processing_limit", "the pipeline's steps make frames of several sizes");
}
