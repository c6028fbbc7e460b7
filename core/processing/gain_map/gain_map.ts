/**
 * What a gain map says beside its pixels (ISO 21496-1; Ultra HDR image format 1.1): how a display that is brighter than SDR's
 * multiplies the light of the picture that it lies over. One value, or one each for red, green and blue.
 */
export interface GainMapNumbers {
  /** Logarithms to the base 2 of the least and most gain. */
  readonly min: readonly number[];
  readonly max: readonly number[];
  /** By which the map's samples are coded. */
  readonly gamma: readonly number[];
  readonly offsetSdr: readonly number[];
  readonly offsetHdr: readonly number[];
  /** Logarithms of the displays' headroom from which on the map is used, and used in full. */
  readonly capacityMin: number;
  readonly capacityMax: number;
}

/** A gain map as it is stored. */
export interface StoredGainMap {
  /** A JPEG. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly numbers: GainMapNumbers;
}

/** Names the segment of ISO 21496-1. */
export const ISO_NAME = "urn:iso:std:iso:ts:21496:-1\0";

/** Beyond it, light is no picture's: a factor of four thousand million. */
const MOST_STOPS = 32;

/** Whether numbers are a gain map's: each finite, bounded and in order. */
export function isSound({ min, max, gamma, capacityMin, capacityMax, ...rest }: GainMapNumbers) {
  const all = [min, max, gamma, rest.offsetSdr, rest.offsetHdr];
  const values = [...all.flat(), capacityMin, capacityMax];
  return all.every(({ length }) => length === 1 || length === 3) &&
    values.every((value) => Number.isFinite(value) && Math.abs(value) <= MOST_STOPS) &&
    gamma.every((value) => value > 0) &&
    min.every((value, at) => value <= (max[at] ?? max[0] ?? 0)) && capacityMin < capacityMax;
}
