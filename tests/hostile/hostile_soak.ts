/**
 * The long form of the hostile campaign: every sample of `../shared/images` flipped and cut at each KiB, through one
 * running processor, image by image, and its pixel processes killed at each stage of good pictures.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { sniffMediaType } from "@tintype/core/model/media_type";
import { scene } from "@tintype/core/testing/drawing";
import {
  cutsEvery,
  damagedFiles,
  type HostileFile,
  type Sample,
  wholeSamples,
} from "@tintype/processor/testing/hostile/hostile_files";
import { makeSample } from "@tintype/processor/testing/samples";
import { processesOf } from "../trouble/parts.ts";
import {
  endOf,
  type HostileEnd,
  putImage,
  removeImage,
  sendHostileFiles,
} from "./hostile_campaign.ts";

const SHARED = new URL("../../../shared/images/", import.meta.url);
const KIB = 1_024;
const FLIPS = 16;
const SEND = { atOnce: 8, removes: true } as const;

/** Sends every sample cut and flipped until `endMs`, and tells a line for each; answers every fault. */
export async function soakDamage(
  { endMs, tell }: { readonly endMs: number; readonly tell: (line: string) => void },
): Promise<string[]> {
  const faults: string[] = [];
  for (const { name, files } of await campaigns()) {
    if (Date.now() > endMs) break;
    const ends: HostileEnd[] = [];
    const onEnd = (end: HostileEnd) => void ends.push(end);
    const found = await sendHostileFiles(until(endMs, files), { ...SEND, onEnd });
    faults.push(...found, ...unsteadyCuts(ends));
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

/**
 * Sends a good picture `kills` times and kills every pixel process later in it each time: it must end ready at a second
 * try, or with a reason, and the next one must not be touched. Answers how often each ending was.
 */
export async function killPixelProcesses(
  system: number,
  kills: number,
): Promise<Readonly<Record<string, number>>> {
  const bytes = await makeSample(scene(2_400, 1_800), { mediaType: "image/jpeg" });
  const picture = { mediaType: "image/jpeg", bytes } as const;
  const startedMs = performance.now();
  await endOf(await putImage(picture), "an undisturbed picture");
  const wholeMs = performance.now() - startedMs;
  const endings: Record<string, number> = {};
  for (let kill = 0; kill < kills; kill += 1) {
    const ref = await putImage(picture);
    await sleep((wholeMs * kill) / kills);
    for (const { pid } of processesOf(system, ["pixels"])) process.kill(pid, "SIGKILL");
    const { status, reason } = await endOf(ref, `the picture of kill ${kill}`);
    await removeImage(ref);
    const ending = reason ?? status;
    endings[ending] = (endings[ending] ?? 0) + 1;
  }
  return endings;
}
