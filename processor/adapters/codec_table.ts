/** Which codec takes which media type. Codecs are loaded when they are chosen: native code is not there unasked. */
import { AppError } from "@tintype/core/errors";
import type { MediaType } from "@tintype/core/model/media_type";
import { ImageRejected } from "@tintype/core/model/reject_reason";
import type { ImageCodec } from "@tintype/core/ports/image_codec";
import { CODEC_NAMES, type CodecName } from "./codec_names.ts";

/** A line of the table. */
interface CodecEntry {
  /** Whether it runs native code, for which its process needs the right. */
  readonly isNative: boolean;
  load(): Promise<ImageCodec>;
}

/** The codec of each name. */
export const CODECS = {
  /** libvips for everything but HEIC, libheif for that; FFmpeg before both for HEIC and AVIF, where there is a build. */
  sharp: {
    isNative: true,
    async load() {
      const { sharpCodec } = await import("./sharp_codec.ts");
      const { heifCodec } = await import("./heif_codec.ts");
      const { decodedFirstBy, planarDecoder } = await import("./planar_decoder.ts");
      const { libavCodec } = await import("./libav_codec.ts");
      const { loadLibAv } = await import("./_libav.ts");
      const libav = loadLibAv();
      if (libav === undefined) return composeCodecs([sharpCodec(), heifCodec()]);
      const codec = composeCodecs([sharpCodec(), heifCodec(), libavCodec(libav)]);
      return decodedFirstBy(planarDecoder(libav), codec);
    },
  },
  /** JPEG, PNG and GIF where no native code may run. */
  imagescript: {
    isNative: false,
    async load() {
      const { imagescriptCodec } = await import("./imagescript_codec.ts");
      return imagescriptCodec();
    },
  },
} as const satisfies Record<CodecName, CodecEntry>;

/** The codec of that name; throws `invalid_config` for another. */
export async function codecNamed(name: string): Promise<ImageCodec> {
  const known = CODEC_NAMES.find((candidate) => candidate === name);
  if (known !== undefined) return await CODECS[known].load();
  throw new AppError(
    "invalid_config",
    `Cannot choose the codec as CODEC must be one of ${CODEC_NAMES.join(", ")}`,
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
    writes: first.writes,
    animations: first.animations,
    decode: async (request) => {
      const codec = table.get(request.mediaType);
      if (codec !== undefined) return await codec.decode(request);
      throw new ImageRejected("unsupported_type", `no codec takes ${request.mediaType}`);
    },
    resize: (pixels, options) => first.resize(pixels, options),
    encode: (pixels, options) => first.encode(pixels, options),
  };
}
