import assert from "node:assert/strict";
import type { MediaType } from "../model/media_type.ts";
import type { ImageCodec, RawPixels } from "../ports/image_codec.ts";
import { decodePicture } from "../processing/decode_picture.ts";
import { probeBytes } from "../processing/probe/probe.ts";
import { colorAt, difference, quarters } from "./drawing.ts";

/** How a sample stores its colours, where it is not 8-bit sRGB. */
export type SampleVariant = "grey" | "deep" | "p3" | "cmyk" | "p3_points" | "linear";

/** Makes a picture file of pixels, with the EXIF orientation and camera text where one is given. */
export type SampleMaker = (
  pixels: RawPixels,
  options: {
    readonly mediaType: MediaType;
    readonly orientation?: number;
    readonly variant?: SampleVariant;
  },
) => Promise<Uint8Array<ArrayBuffer>>;

/** What a case runs with. */
export interface CodecUnderTest {
  readonly codec: ImageCodec;
  /** Types that the codec takes and that the maker can make. */
  readonly mediaTypes: readonly MediaType[];
  readonly make: SampleMaker;
}

/** Lossy formats blur edges and round colours: of 255. */
export const TOLERANCE = 24;

/** What no written file may hold: markers of EXIF, XMP, IPTC, ICC and comments. */
const METADATA_MARKERS = [
  ...["Exif", "http://ns.adobe.com", "Photoshop", "ICC_PROFILE", "iCCP"],
  ...["ICCP", "eXIf", "XMP ", "tEXt", "iTXt"],
];

/** Decodes a file as the pixel process does, inside a box. */
export async function decodeInside(
  codec: ImageCodec,
  bytes: Uint8Array<ArrayBuffer>,
  box: { readonly width: number; readonly height: number },
): Promise<RawPixels> {
  const { mediaType, header } = await probeBytes(bytes);
  const target = { ...box, fit: "inside" } as const;
  return await decodePicture(codec, { bytes, mediaType, header, target, timeoutMs: 10_000 });
}

/** Fails where pixels do not show the four quarters of {@link quarters} upright. */
export function assertUpright(pixels: RawPixels, what: string): void {
  const expected = quarters(4, 4);
  for (const [x, y] of [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]] as const) {
    const found = colorAt(pixels, x, y);
    const differs = difference(colorAt(expected, x, y), found);
    assert.ok(differs <= TOLERANCE, `${what}: ${found} at ${x}, ${y}`);
  }
}

/** Fails where a written file has a marker of metadata. */
export function assertNoMetadata(bytes: Uint8Array, what: string): void {
  const text = latin1Of(bytes);
  for (const marker of METADATA_MARKERS) assert.ok(!text.includes(marker), `${what} has ${marker}`);
}

/** Bytes as text; 0x80 to 0x9f are read as windows-1252 (WHATWG Encoding). */
export function latin1Of(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
