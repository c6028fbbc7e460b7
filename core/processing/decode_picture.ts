import { ImageRejected } from "../model/reject_reason.ts";
import type {
  Animation,
  AnimationCodec,
  DecodeRequest,
  ImageCodec,
  RawPixels,
} from "../ports/image_codec.ts";
import { toSrgb } from "./color/to_srgb.ts";

/** Decodes a picture to 8-bit sRGB: the codec applies a profile, Tintype code points. Throws ImageRejected. */
export async function decodePicture(codec: ImageCodec, request: DecodeRequest): Promise<RawPixels> {
  const { mediaType, header } = request;
  if (codec.takes.has(mediaType)) return toSrgb(await codec.decode(request), header.color);
  throw new ImageRejected("unsupported_type", `${codec.engine} does not take ${mediaType}`);
}

/** Decodes all frames of an animation to 8-bit sRGB; undefined where the codec has but the first one. Throws ImageRejected. */
export async function decodeAnimation(
  codec: AnimationCodec,
  request: DecodeRequest,
): Promise<Animation | undefined> {
  const animation = await codec.decode(request);
  if (animation === undefined) return undefined;
  const { frames, ...timing } = animation;
  return { ...timing, frames: frames.map((frame) => toSrgb(frame, request.header.color)) };
}
