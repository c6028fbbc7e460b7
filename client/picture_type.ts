import { hexOf } from "@tintype/gcs/hex";

/** First bytes of a file that {@link pictureTypeOf} looks at. */
export const HEAD_BYTES = 64;

const FTYP = "66747970";

/** What files begin with, in hex, in the order in which types are looked for; the edge's own table has the same. */
const SIGNATURES: readonly (readonly [type: string, head: RegExp])[] = [
  ["image/jpeg", /^ffd8(ff|00)/],
  ["image/png", /^89504e470d0a1a0a/],
  ["image/webp", /^52494646.{8}57454250/],
  // avif, avis
  ["image/avif", brand("617669(66|73)")],
  ["image/gif", /^474946383[79]61/],
  ["image/tiff", /^(49492[ab]00|4d4d002[ab])/],
  // heic, heix, heim, heis, hevc, hevx
  ["image/heic", brand("6865(69(63|78|6d|73)|76(63|78))")],
  // mif1, msf1
  ["image/heif", brand("6d(69|73)6631")],
  ["image/jxl", /^(ff0a|0{7}c4a584c200d0a870a)/],
  ["image/bmp", /^424d.{8}0{8}/],
];

/** The media type of a picture by its first bytes, which outrank its name and its declared type; undefined for what is none. */
export function pictureTypeOf(head: Uint8Array): string | undefined {
  const hex = hexOf(head.subarray(0, HEAD_BYTES));
  // Of an ISO base media file the first box alone counts, whose size stands in front.
  const boxBytes = hex.startsWith(FTYP, 8) ? parseInt(hex.slice(0, 8), 16) : HEAD_BYTES;
  const text = hex.slice(0, 2 * Math.max(boxBytes, 12));
  return SIGNATURES.find(([, signature]) => signature.test(text))?.[0];
}

/** An ISO base media file of such a brand, in hex: the major one, or a compatible one (ISO/IEC 14496-12, section 4.3). */
function brand(codes: string): RegExp {
  return new RegExp(`^.{8}${FTYP}(|.{16}(.{8})*)${codes}`);
}
