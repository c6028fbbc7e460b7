/**
 * The long form of the hostile campaign: every sample of `../shared/images` flipped and cut at each KiB, through one
 * running processor, image by image.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { sniffMediaType } from "@tintype/core/model/media_type";
import {
  cutsEvery,
  damagedFiles,
  type HostileFile,
  type Sample,
  wholeSamples,
} from "@tintype/processor/testing/hostile/hostile_files";
import { type HostileEnd, sendHostileFiles } from "./hostile_campaign.ts";

const SHARED = new URL("../../../shared/images/", import.meta.url);
const KIB = 1_024;
const FLIPS = 16;
const SEND = { atOnce: 8, removes: true } as const;

/** Sends every sample cut and flipped until `endMs`, and prints a line for each; answers every fault. */
export async function soakDamage(
  { endMs, tell }: { readonly endMs: number; readonly tell: (line: string) => void },
): Promise<string[]> {
  const faults: string[] = [];
  for (const { name, files } of await campaigns()) {
    if (Date.now() > endMs) break;
    const ends = await sendHostileFiles(until(endMs, files), SEND);
    faults.push(...ends.flatMap((end) => end.faults), ...unsteadyCuts(ends));
    tell(`${name}: ${ends.length} files: ${endingsOf(ends)}`);
  }
  return faults;
}

/** The smallest first, as one that is cut at each KiB makes as many files as it has of them. */
async function campaigns(): Promise<{ name: string; files: Iterable<HostileFile> }[]> {
  const shared = sharedSamples();
  const samples = [...await wholeSamples(), ...shared]
    .sort((a, b) => a.bytes.length - b.bytes.length);
  return [
    { name: "flips", files: await damagedFiles({ cuts: 0, flips: FLIPS }, shared) },
    ...samples.map((sample) => ({ name: sample.name, files: cutsEvery(sample, KIB) })),
  ];
}

/** Files of the shared folder that are whole. */
function sharedSamples(): Sample[] {
  if (!existsSync(SHARED)) return [];
  const names = readdirSync(SHARED, { recursive: true, encoding: "utf8" }).sort();
  return names.filter((name) => /\.\w+$/.test(name) && !/truncated|\.md$/.test(name)).flatMap(
    (name) => {
      const bytes = new Uint8Array(readFileSync(new URL(name, SHARED)));
      const mediaType = sniffMediaType(bytes.subarray(0, 64));
      return mediaType === null ? [] : [{ name, mediaType, bytes }];
    },
  );
}

function* until(endMs: number, files: Iterable<HostileFile>): Generator<HostileFile> {
  for (const file of files) {
    if (Date.now() > endMs) return;
    yield file;
  }
}

/** A cut behind the picture's own end leaves it whole; then every longer one must. */
function unsteadyCuts(ends: readonly HostileEnd[]): string[] {
  const cuts = ends.filter(({ file }) => / cut at \d+$/.test(file.name))
    .sort((a, b) => a.file.bytes.length - b.file.bytes.length);
  const wholeFrom = cuts.findIndex(({ ending }) => ending === "ready");
  if (wholeFrom < 0) return [];
  return cuts.slice(wholeFrom).filter(({ ending }) => ending !== "ready")
    .map(({ file, ending }) => `${file.name}: ${ending}, though a shorter one is ready`);
}

function endingsOf(ends: readonly HostileEnd[]): string {
  const counts = Object.entries(Object.groupBy(ends, ({ ending }) => ending));
  return counts.map(([ending, all]) => `${all?.length ?? 0} ${ending}`).join(", ");
}
