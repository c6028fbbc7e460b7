import { findBox } from "./_boxes.ts";
import { readHeifMeta } from "./_heif_meta.ts";
import { latin1, ProbeReader } from "./_reader.ts";
import { findMeta } from "./_top_boxes.ts";

/** An item that is made of a picture and its gain map (ISO/IEC 23008-12, tone mapping). */
const TONE_MAPPED = "tmap";
const APPLE_URN = "urn:com:apple:photo:2020:aux:hdrgainmap";

/** Whether a whole HEIF file that the probe took holds a gain map: Apple's auxiliary picture, or one by ISO 21496-1. */
export function hasHeifGainMap(bytes: Uint8Array): boolean {
  const { types, properties } = readHeifMeta(findMeta(new ProbeReader(bytes)));
  const kinds = [...properties.values()].map((boxes) => findBox(boxes, "auxC"));
  return [...types.values()].includes(TONE_MAPPED) ||
    kinds.some((kind) => kind !== undefined && latin1(kind.subarray(4, 64)).startsWith(APPLE_URN));
}
