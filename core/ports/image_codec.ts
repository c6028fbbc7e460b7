/**
 * Decoders and encoders of pictures. Adapters live in the processor and pass one contract suite.
 * They are called behind the guard only: the header was read and found within the limits.
 */
import type { MediaType } from "../model/media_type.ts";
import type { ImageHeader } from "../model/insights.ts";
import type { RenditionSpec, WrittenFormat } from "../model/rendition.ts";

/** Decoded pixels: 8-bit sRGB, oriented upright, rows from the top, `channels` samples a pixel without padding. */
export interface RawPixels {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
}

/** As {@link RawPixels}, of 8 or 16 bits, in the colours that the file gives by code points where it does. */
export interface DecodedPixels extends Omit<RawPixels, "data"> {
  readonly data: Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;
}

/** An animation's frames, all of one size and as many samples a pixel. */
export interface Animation {
  readonly frames: readonly RawPixels[];
  /** How long each frame is shown, in milliseconds. */
  readonly delaysMs: readonly number[];
  /** How often it is shown, 0 for ever. */
  readonly loops: number;
}

/** What to decode, and how small it may be made on the way. */
export interface DecodeRequest {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly mediaType: MediaType;
  readonly header: ImageHeader;
  /** The box that the largest rendition needs, after orientation; the result covers it as nearly as its source allows. */
  readonly target: Pick<RenditionSpec, "width" | "height" | "fit">;
  /** The wall time that decoding may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** Where a made rendition's pixels go. */
export interface EncodeOptions {
  readonly format: WrittenFormat;
  readonly quality: number;
  /** `#rrggbb` behind alpha where the format has none. */
  readonly background: string;
  /** Whether all pixels are grey: a JPEG has one component then, where the codec writes such. */
  readonly isGrey?: boolean;
}

/** How pixels become a rendition's. */
export interface ResizeOptions
  extends Pick<RenditionSpec, "width" | "height" | "fit" | "enlarge" | "background"> {}

/** Decodes all frames and writes them; throws ImageRejected where the image is at fault. */
export interface AnimationCodec {
  /** The media types it takes. */
  readonly takes: ReadonlySet<MediaType>;
  /** Decodes all frames as {@link ImageCodec.decode} does the first one; undefined where it knows how to do that alone. */
  decode(request: DecodeRequest): Promise<Animation | undefined>;
  /** Encodes frames as an animated WebP without any metadata block; quality is 1 to 100. */
  encode(animation: Animation, quality: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** Decodes, resizes and encodes; throws ImageRejected where the image is at fault. */
export interface ImageCodec {
  /** Name and version, for manifests and rows: `sharp 0.35.5`. */
  readonly engine: string;
  /** The media types it takes. */
  readonly takes: ReadonlySet<MediaType>;
  /** The formats it writes: JPEG and PNG at least. */
  readonly writes: ReadonlySet<WrittenFormat>;
  /** Decodes once, upright and with its profile applied, at most as large as asked for. */
  decode(request: DecodeRequest): Promise<DecodedPixels>;
  /** What decodes and writes animations; undefined where it has still pictures alone. */
  readonly animations: AnimationCodec | undefined;
  /** Resizes as a rendition's line says. */
  resize(pixels: RawPixels, options: ResizeOptions): Promise<RawPixels>;
  /** Encodes without any metadata block. */
  encode(pixels: RawPixels, options: EncodeOptions): Promise<Uint8Array<ArrayBuffer>>;
}
