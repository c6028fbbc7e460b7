/** The hostile files, all made here: claims, bombs, traps, disguises, and damage to whole samples of every format. */
import { type MediaType, typesDecodedBy } from "@tintype/core/model/media_type";
import { scene } from "@tintype/core/testing/drawing";
import { ECHOES } from "@tintype/core/testing/echoes";
import { makeSample } from "../samples.ts";
import { boxTraps, carriers, exifTraps, profileTraps, tiffTraps, zipBombs } from "./bombs.ts";
import { claimedFrames, claimedGiants, claimedSides, endlessHeaders } from "./claims.ts";
import {
  cuts,
  disguises,
  flips,
  mislabelled,
  polyglots,
  type Sample,
  stumps,
} from "./disguises.ts";
import { BROKEN, type Ending, type HostileFile, hostiles } from "./_hostile_file.ts";

export type { Ending, HostileFile } from "./_hostile_file.ts";
export { cutsEvery, type Sample } from "./disguises.ts";

/** How much damage is done to each sample. */
export interface DamageOptions {
  readonly cuts: number;
  readonly flips: number;
}

/** What they say is no picture, or more than a decoder bears. */
const ECHO_ENDINGS: readonly Ending[] = [...BROKEN, "too_many_frames", "processing_limit"];

/** A whole small picture of each type that can be written here. */
export async function wholeSamples(): Promise<Sample[]> {
  const pixels = scene(160, 120);
  return await Promise.all(
    typesDecodedBy("libvips").map(async (mediaType) => ({
      name: mediaType.slice("image/".length),
      mediaType,
      bytes: await makeSample(pixels, { mediaType }),
    })),
  );
}

/** Files of a kind each, a hundred and more. */
export async function hostileFiles(): Promise<HostileFile[]> {
  const samples = await wholeSamples();
  const bytesOf = (type: MediaType) =>
    samples.find(({ mediaType }) => mediaType === type)?.bytes ?? new Uint8Array();
  const carry = carriers(bytesOf("image/jpeg"), bytesOf("image/png"));
  return [
    ...claimedSides(),
    ...claimedGiants(),
    ...claimedFrames(),
    ...endlessHeaders(),
    ...zipBombs(),
    ...tiffTraps(),
    ...boxTraps(),
    ...hostiles(ECHO_ENDINGS, ECHOES),
    ...exifTraps(carry.exif),
    ...profileTraps(carry.profile),
    ...disguises(),
    ...mislabelled(samples),
    ...polyglots(samples),
    ...stumps(samples),
  ];
}

/** Every sample cut and flipped, and those that are given. */
export async function damagedFiles(
  { cuts: cutCount, flips: flipCount }: DamageOptions,
  given: readonly Sample[] = [],
): Promise<HostileFile[]> {
  const samples = [...await wholeSamples(), ...given];
  return samples.flatMap((sample) => [...cuts(sample, cutCount), ...flips(sample, flipCount)]);
}
