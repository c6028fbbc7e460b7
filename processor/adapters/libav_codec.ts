/** JPEG XL and BMP by FFmpeg's decoders (libjxl and its own), which take a whole file as one packet. */
import sharp from "sharp";
import { type MediaType, typesDecodedBy } from "@tintype/core/model/media_type";
import { ImageRejected } from "@tintype/core/model/reject_reason";
import type { DecodedPixels, DecodeRequest, ImageCodec } from "@tintype/core/ports/image_codec";
import { isConverted } from "@tintype/core/processing/color/to_srgb";
import { decodePacket, type LibAv, type PackedFrame } from "./_libav.ts";
import { deepRawOf, KERNEL, rawOf } from "./_sharp_pixels.ts";
import { ALL_WRITTEN, encodeRaw, resizeRaw } from "./sharp_codec.ts";

const DECODERS: Partial<Record<MediaType, string>> = { "image/jxl": "libjxl", "image/bmp": "bmp" };

/** Where red, green, blue and alpha lie in a pixel of FFmpeg's packed formats, in samples. */
const LAYOUTS: Readonly<Record<string, readonly number[]>> = {
  ...{ rgb24: [0, 1, 2], rgba: [0, 1, 2, 3], bgr24: [2, 1, 0], gray: [0, 0, 0], ya8: [0, 0, 0, 1] },
  // What a BMP has beside its colours is alpha for few writers.
  ...{ bgra: [2, 1, 0], bgr0: [2, 1, 0] },
  ...{ rgb48le: [0, 1, 2], rgba64le: [0, 1, 2, 3], gray16le: [0, 0, 0], ya16le: [0, 0, 0, 1] },
};

/** FFmpeg as a codec of types that libvips lacks. */
export function libavCodec(libav: LibAv): ImageCodec {
  return {
    engine: `ffmpeg ${libav.getFFmpegInfo().version}`,
    takes: new Set(typesDecodedBy("libav")),
    writes: ALL_WRITTEN,
    decode: (request) => decode(libav, request),
    animations: undefined,
    resize: resizeRaw,
    encode: encodeRaw,
  };
}

async function decode(
  libav: LibAv,
  { bytes, mediaType, header, target }: DecodeRequest,
): Promise<DecodedPixels> {
  const frame = decodePacket(libav, DECODERS[mediaType] ?? "", bytes);
  if (frame === undefined) throw new ImageRejected("corrupt", "its pixels cannot be decoded");
  if (frame.width !== header.width || frame.height !== header.height) {
    const detail = `${frame.width} x ${frame.height} pixels are not what its header says`;
    throw new ImageRejected("corrupt", detail);
  }
  const { data, channels } = packed(frame);
  const raw = { width: frame.width, height: frame.height, channels } as const;
  const box = { ...target, withoutEnlargement: true, kernel: KERNEL } as const;
  const resized = sharp(data, { raw, limitInputPixels: false }).resize(box);
  const isDeep = data instanceof Uint16Array;
  if (isDeep && isConverted(header.color)) return await deepRawOf(resized.toColourspace("rgb16"));
  return await rawOf(resized.toColourspace("srgb"));
}

/** Samples of a frame without padding, as RGB or RGBA. */
function packed({ data, width, height, format, strideBytes }: PackedFrame) {
  const layout = LAYOUTS[format];
  if (layout === undefined) throw new ImageRejected("unsupported_type", `samples of ${format}`);
  const bytes = /48|64|16/.test(format) ? 2 : 1;
  const stored = { bgr0: 4, bgra: 4, ya8: 2, ya16le: 2, gray: 1, gray16le: 1 }[format] ??
    layout.length;
  const channels = layout.length === 4 ? 4 as const : 3 as const;
  const samples = bytes === 2
    ? new Uint16Array(data.buffer, data.byteOffset, data.length >> 1)
    : data;
  const made = bytes === 2
    ? new Uint16Array(width * height * channels)
    : new Uint8Array(width * height * channels);
  for (let y = 0, to = 0; y < height; y += 1) {
    let from = y * strideBytes / bytes;
    for (let x = 0; x < width; x += 1, from += stored, to += channels) {
      for (let part = 0; part < channels; part += 1) {
        made[to + part] = samples[from + layout[part]!]!;
      }
    }
  }
  return { data: made, channels };
}
