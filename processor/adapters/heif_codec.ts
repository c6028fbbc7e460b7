/** HEIC where no native decoder takes it: libheif in WebAssembly. */
import libheif from "libheif-js/package.json" with { type: "json" };
import sharp from "sharp";
import { typesDecodedBy } from "@tintype/core/model/media_type";
import { ImageRejected } from "@tintype/core/model/reject_reason";
import type { DecodeRequest, ImageCodec, RawPixels } from "@tintype/core/ports/image_codec";
import type { Size } from "@tintype/core/processing/plan_renditions";
import { heifColors } from "./_heif_colors.ts";
import { type HeifImage, loadLibHeif } from "./_libheif.ts";
import { rawOf } from "./_sharp_pixels.ts";
import { ALL_WRITTEN, encodeRaw, resizeRaw } from "./sharp_codec.ts";

/** libheif as a codec. It blocks its thread while it decodes (a second for 12 megapixels): the pixel process has the clock. */
export function heifCodec(): ImageCodec {
  return {
    engine: `libheif-js ${libheif.version}`,
    takes: new Set(typesDecodedBy("libheif")),
    writes: ALL_WRITTEN,
    decode,
    animations: undefined,
    resize: resizeRaw,
    encode: encodeRaw,
  };
}

async function decode({ bytes, header, target }: DecodeRequest): Promise<RawPixels> {
  const full = await decodeFull(bytes, header.width * header.height);
  const { width, height } = target;
  const options = { raw: { width: full.width, height: full.height, channels: 4 } } as const;
  const image = sharp(full.data, { ...options, limitInputPixels: false })
    .resize({ width, height, fit: target.fit, withoutEnlargement: true });
  const pixels = await rawOf(header.hasAlpha ? image : image.removeAlpha());
  return await heifColors(pixels, bytes);
}

async function decodeFull(
  bytes: Uint8Array,
  maxPixels: number,
): Promise<Size & { readonly data: Uint8ClampedArray }> {
  const { HeifDecoder } = await loadLibHeif();
  const images = new HeifDecoder().decode(bytes);
  try {
    const image = images.find((candidate) => candidate.is_primary()) ?? images[0];
    if (image === undefined) throw new ImageRejected("corrupt", "it holds no picture");
    const [width, height] = [image.get_width(), image.get_height()];
    if (width * height > maxPixels) {
      const detail = `${width} x ${height} pixels are not what its header says`;
      throw new ImageRejected("corrupt", detail);
    }
    return { data: await pixelsOf(image, { width, height }), width, height };
  } finally {
    for (const image of images) image.free();
  }
}

function pixelsOf(image: HeifImage, { width, height }: Size): Promise<Uint8ClampedArray> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8ClampedArray>();
  const data = new Uint8ClampedArray(width * height * 4);
  image.display({ data, width, height }, (result) => {
    if (result === null) reject(new ImageRejected("corrupt", "its pixels cannot be decoded"));
    else resolve(result.data);
  });
  return promise;
}
