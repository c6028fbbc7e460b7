/** Animations of GIF and WebP by sharp. */
import sharp from "sharp";
import type {
  Animation,
  AnimationCodec,
  DecodeRequest,
  RawPixels,
} from "@tintype/core/ports/image_codec";
import { upright } from "@tintype/core/processing/upright";
import { beyondLimits, bytesOf, KERNEL, rawOf, rejectionOf, sharpOf } from "./_sharp_pixels.ts";

/** Pixels of the frames that are decoded at once: libvips has no frame without those before it. */
const PIXELS_AT_ONCE = 16_000_000;

/** What sharp animates. */
export const SHARP_ANIMATIONS: AnimationCodec = {
  takes: new Set(["image/gif", "image/webp"]),
  decode,
  encode,
};

/** Each frame is resized by itself, as libvips, which has them below one another, would mix their edges. */
async function decode(request: DecodeRequest): Promise<Animation> {
  const { bytes, header, target, timeoutMs } = request;
  const { width, height, orientation } = header;
  const atOnce = Math.max(1, Math.floor(PIXELS_AT_ONCE / (width * height)));
  const box = { ...target, withoutEnlargement: true, kernel: KERNEL } as const;
  const deadlineMs = performance.now() + timeoutMs;
  try {
    const limit = { limitInputPixels: width * height * header.frames };
    const metadata = await sharp(bytes, { ...limit, animated: true }).metadata();
    const count = Math.min(header.frames, metadata.pages ?? 1);
    const frames: RawPixels[] = [];
    for (let page = 0; page < count; page += atOnce) {
      const pages = Math.min(atOnce, count - page);
      const roll = await rawOf(
        sharp(bytes, { ...limit, page, pages, failOn: "error" })
          .timeout({ seconds: Math.max(1, Math.ceil((deadlineMs - performance.now()) / 1000)) })
          .toColourspace("srgb"),
      );
      for (const stored of framesIn(roll, pages)) {
        frames.push(await rawOf(sharpOf(upright(stored, orientation)).resize(box)));
      }
    }
    return { frames, delaysMs: metadata.delay ?? [], loops: metadata.loop ?? 0 };
  } catch (error) {
    if (performance.now() >= deadlineMs) throw beyondLimits("time", error);
    throw await rejectionOf(error, request);
  }
}

/** Frames that lie below one another. */
function framesIn({ data, width, height, channels }: RawPixels, count: number): RawPixels[] {
  const size = { width, height: height / count, channels };
  const length = data.length / count;
  return Array.from(
    { length: count },
    (_, at) => ({ ...size, data: data.subarray(at * length, (at + 1) * length) }),
  );
}

/** Encodes raw frames as an animated WebP. */
async function encode(
  { frames, delaysMs, loops }: Animation,
  quality: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const [{ width, height, channels }] = frames as [RawPixels]; // an animation has two at least
  const data = new Uint8Array(width * height * channels * frames.length);
  for (const [at, frame] of frames.entries()) data.set(frame.data, at * frame.data.length);
  const raw = { width, height: height * frames.length, channels, pageHeight: height };
  const delay = frames.map((_, at) => delaysMs[at] ?? 100);
  const webp = sharp(data, { raw, limitInputPixels: false })
    .webp({ quality, effort: 2, loop: loops, delay });
  return bytesOf(await webp.toBuffer());
}
