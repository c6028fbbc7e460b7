/** The codec without native code: imagescript's decoders in WebAssembly, our own filtered resize. JPEG, PNG and GIF. */
import type { ImageHeader } from "@tintype/core/model/insights";
import type { MediaType } from "@tintype/core/model/media_type";
import { ImageRejected } from "@tintype/core/model/reject_reason";
import type {
  DecodeRequest,
  EncodeOptions,
  ImageCodec,
  RawPixels,
  ResizeOptions,
} from "@tintype/core/ports/image_codec";
import { insideSize, placementOf, type Size } from "@tintype/core/processing/plan_renditions";
import { brokenPicture } from "@tintype/core/processing/probe/is_whole";
import { upright } from "@tintype/core/processing/upright";
import { embeddedProfile } from "./_embedded_profile.ts";
import { readProfile, toSrgb } from "./_icc_profile.ts";
import { filteredResize } from "./_filtered_resize.ts";
import {
  encodeJpeg,
  firstGifFrame,
  IMAGESCRIPT_VERSION,
  jpeg,
  png,
  pngEncoder,
} from "./_imagescript.ts";
import { flattened, placed, withAlpha, withoutAlpha } from "./_place_pixels.ts";

/** Decodes a file to pixels as they are stored, at least as large as `wanted` where it may shrink on the way. */
type Decoder = (bytes: Uint8Array<ArrayBuffer>, facts: Facts) => Promise<RawPixels>;

interface Facts {
  readonly header: ImageHeader;
  readonly wanted: Size;
}

/** How each type is decoded. */
const TAKEN = new Map<MediaType, Decoder>([
  ["image/jpeg", decodeJpeg],
  ["image/png", decodePng],
  ["image/gif", decodeGif],
]);

/**
 * imagescript as a codec. It looks at no size before it allocates, so it must stay behind the guard; it blocks its thread,
 * so it must stay in the pixel process. Of ICC profiles it applies matrix and curves, which all but printers' have; CMYK is
 * taken without its profile.
 */
export function imagescriptCodec(): ImageCodec {
  return {
    engine: `imagescript ${IMAGESCRIPT_VERSION}`,
    takes: new Set(TAKEN.keys()),
    writes: new Set(["jpeg", "png"]),
    decode,
    animations: undefined,
    resize: (pixels, options) => Promise.resolve(resize(pixels, options)),
    encode: (pixels, options) => Promise.resolve(encode(pixels, options)),
  };
}

async function decode({ bytes, mediaType, header, target }: DecodeRequest): Promise<RawPixels> {
  const isTurned = header.orientation >= 5;
  const box = isTurned ? { width: target.height, height: target.width } : target;
  const wanted = insideSize(header, { ...box, enlarge: false });
  const stored = await decodeWhole(bytes, mediaType, { header, wanted });
  const resized = filteredResize(header.hasAlpha ? stored : withoutAlpha(stored), wanted);
  return upright(inSrgb(resized, { bytes, mediaType, header }), header.orientation);
}

/** Without a profile, and with one that makes no sense, pixels are sRGB already; printers' tables are not read. */
function inSrgb(
  pixels: RawPixels,
  { bytes, mediaType, header }: Pick<DecodeRequest, "bytes" | "mediaType" | "header">,
): RawPixels {
  const isInk = header.colorSpace === "cmyk" || header.colorSpace === "ycck";
  const isItsOwnColor = isInk || header.color?.by === "code_points";
  const embedded = isItsOwnColor ? undefined : embeddedProfile(bytes, mediaType);
  const read = embedded === undefined ? undefined : readProfile(embedded);
  if (read?.kind === "tables") {
    throw new ImageRejected("unsupported_type", "its colour profile has tables and no matrix");
  }
  const isItsOwn = read?.kind === "matrix" &&
    read.profile.isGrey === (header.colorSpace === "grey");
  return isItsOwn ? toSrgb(pixels, read.profile) : pixels;
}

async function decodeWhole(
  bytes: Uint8Array<ArrayBuffer>,
  mediaType: MediaType,
  facts: Facts,
): Promise<RawPixels> {
  const decode = TAKEN.get(mediaType);
  if (decode === undefined) {
    throw new ImageRejected("unsupported_type", `imagescript does not take ${mediaType}`);
  }
  try {
    return await decode(bytes, facts);
  } catch (cause) {
    throw cause instanceof ImageRejected ? cause : brokenPicture(bytes, mediaType, cause);
  }
}

async function decodeJpeg(
  bytes: Uint8Array<ArrayBuffer>,
  { header, wanted }: Facts,
): Promise<RawPixels> {
  const decoder = await jpeg.init();
  const scaled = decoder.decode(bytes, wanted.width, wanted.height);
  const isEnough = scaled.width >= wanted.width && scaled.height >= wanted.height;
  const { width, height, format, buffer } = isEnough ? scaled : decoder.decode(bytes, 0, 0);
  if (width > header.width || height > header.height) throw lied({ width, height });
  if (format === 1) return { data: buffer, width, height, channels: 3 };
  const toRgb = format === 0 ? greyToRgb : cmykToRgb;
  return { data: toRgb(buffer, width * height), width, height, channels: 3 };
}

async function decodePng(
  bytes: Uint8Array<ArrayBuffer>,
  { header }: Facts,
): Promise<RawPixels> {
  const { width, height, framebuffer } = (await png.init()).decode(bytes);
  if (width !== header.width || height !== header.height) throw lied({ width, height });
  return { data: framebuffer, width, height, channels: 4 };
}

/** The first frame on its canvas; what it leaves out is transparent. */
async function decodeGif(
  bytes: Uint8Array<ArrayBuffer>,
  { header: { width, height } }: Facts,
): Promise<RawPixels> {
  const frame = await firstGifFrame(bytes);
  const canvas = { data: new Uint8Array(width * height * 4), width, height, channels: 4 } as const;
  const columns = Math.min(frame.width, width - frame.x);
  for (let row = 0; row < Math.min(frame.height, height - frame.y) && columns > 0; row += 1) {
    const from = row * frame.width * 4;
    const samples = frame.buffer.subarray(from, from + columns * 4);
    canvas.data.set(samples, ((frame.y + row) * width + frame.x) * 4);
  }
  return canvas;
}

function lied({ width, height }: Size): ImageRejected {
  return new ImageRejected("corrupt", `${width} x ${height} pixels are not what its header says`);
}

function greyToRgb(grey: Uint8Array, count: number): Uint8Array<ArrayBuffer> {
  const rgb = new Uint8Array(count * 3);
  // Read within bounds: a sample a pixel.
  for (let pixel = 0; pixel < count; pixel += 1) {
    rgb.fill(grey[pixel]!, pixel * 3, pixel * 3 + 3);
  }
  return rgb;
}

/** Ink, which the decoder has turned right where Adobe's marker says that it is stored inverted. */
function cmykToRgb(ink: Uint8Array, count: number): Uint8Array<ArrayBuffer> {
  const rgb = new Uint8Array(count * 3);
  for (let pixel = 0; pixel < count; pixel += 1) {
    const white = 255 - ink[pixel * 4 + 3]!;
    for (let sample = 0; sample < 3; sample += 1) {
      rgb[pixel * 3 + sample] = Math.round(((255 - ink[pixel * 4 + sample]!) * white) / 255);
    }
  }
  return rgb;
}

function resize(pixels: RawPixels, options: ResizeOptions): RawPixels {
  const placement = placementOf(pixels, options);
  return placed(filteredResize(pixels, placement.scaled), placement, options.background);
}

function encode(
  pixels: RawPixels,
  { format, quality, background }: EncodeOptions,
): Uint8Array<ArrayBuffer> {
  const { width, height, channels } = pixels;
  if (format === "png") {
    return pngEncoder.encode(pixels.data, { width, height, channels, level: 6 });
  }
  if (format !== "jpeg") throw new TypeError(`imagescript writes no ${format}`);
  const { data } = withAlpha(flattened(pixels, background));
  return encodeJpeg(data, { width, height, quality });
}
