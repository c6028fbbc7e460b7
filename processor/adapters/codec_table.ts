/** Which codec takes which media type. */
import { AppError } from "@tintype/core/errors";
import type { MediaType } from "@tintype/core/model/media_type";
import { ImageRejected } from "@tintype/core/model/reject_reason";
import type { ImageCodec } from "@tintype/core/ports/image_codec";
import { heifCodec } from "./heif_codec.ts";
import { sharpCodec } from "./sharp_codec.ts";

/** What `CODEC` may name. */
export const CODECS = {
  /** libvips for everything but HEIC, libheif for that. */
  sharp: () => composeCodecs([sharpCodec(), heifCodec()]),
} as const satisfies Record<string, () => ImageCodec>;

/** A name that `CODEC` may have. */
export type CodecName = keyof typeof CODECS;

/** The codec of that name; throws `invalid_config` for another. */
export function codecNamed(name: string): ImageCodec {
  if (isCodecName(name)) return CODECS[name]();
  throw new AppError(
    "invalid_config",
    `Cannot choose the codec as CODEC must be one of ${Object.keys(CODECS).join(", ")}`,
  );
}

/** One codec of several: each media type is decoded by the first that takes it, the first one resizes and encodes. */
export function composeCodecs(codecs: readonly [ImageCodec, ...ImageCodec[]]): ImageCodec {
  const [first] = codecs;
  const table = new Map<MediaType, ImageCodec>();
  for (const codec of codecs) {
    for (const type of codec.takes) if (!table.has(type)) table.set(type, codec);
  }
  return {
    engine: codecs.map(({ engine }) => engine).join(", "),
    takes: new Set(table.keys()),
    decode: async (request) => {
      const codec = table.get(request.mediaType);
      if (codec !== undefined) return await codec.decode(request);
      throw new ImageRejected("unsupported_type", `no codec takes ${request.mediaType}`);
    },
    resize: (pixels, options) => first.resize(pixels, options),
    encode: (pixels, options) => first.encode(pixels, options),
  };
}

function isCodecName(name: string): name is CodecName {
  return Object.hasOwn(CODECS, name);
}
