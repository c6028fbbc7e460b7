/**
 * What every image codec promises, as data: each adapter's test runs all of it with samples that it can make.
 */
import { DECODING_CASES } from "./_decoding_cases.ts";
import { PIXEL_CASES } from "./_pixel_cases.ts";

export { PIXEL_CASES };
export {
  assertUpright,
  decodeInside,
  type SampleMaker,
  type SampleVariant,
} from "./_codec_case.ts";

/** All promises. */
export const CODEC_CONTRACT = [...DECODING_CASES, ...PIXEL_CASES];
