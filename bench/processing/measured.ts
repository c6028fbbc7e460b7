import { execFile } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";

/** The ways of making renditions; each is explained where it is written. */
export const WAY_NAMES = ["cascade", "naive", "render", "ours", "stored", "imagescript"] as const;

/** A way's name. */
export type WayName = (typeof WAY_NAMES)[number];

const run = promisify(execFile);

/** What one run of a way used; memory is the sum of the most that each of its processes held. */
export interface Measured {
  readonly images: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMib: number;
  /** CPU milliseconds by thread. */
  readonly threads: Readonly<Record<string, number>>;
}

/** What is run. */
export interface Run {
  readonly root: string;
  readonly way: WayName;
  readonly images: number;
  readonly files: readonly string[];
  /** Variables of the run. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a way in a process of its own; throws Error with its last words where it fails. */
export async function measure({ root, way, images, files, env }: Run): Promise<Measured> {
  const contender = join(root, "bench/processing/_contender.ts");
  const { stdout } = await run(
    process.execPath,
    ["run", "--allow-all", contender, way, String(images), ...files],
    { cwd: root, env: { ...process.env, ...env, MALLOC_ARENA_MAX: "2" }, maxBuffer: 2 ** 24 },
  );
  return JSON.parse(stdout) as Measured; // what the contender prints
}

/** CPU milliseconds an image. */
export function cpuMs({ cpuSeconds, images }: Measured): number {
  return (1000 * cpuSeconds) / images;
}

/** CPU milliseconds an image of the process itself, whose pixels are in others. */
export function mainMs({ threads, images }: Measured): number {
  const own = Object.entries(threads).filter(([name]) => name.startsWith("parent: "));
  return own.reduce((sum, [, ms]) => sum + ms, 0) / images;
}

/** Images a second. */
export function rate({ images, seconds }: Measured): number {
  return images / seconds;
}

/** The run with the least CPU time of several: what a busy machine adds is not the way's own. */
export function best(runs: readonly Measured[]): Measured {
  const [first, ...others] = runs;
  if (first === undefined) throw new RangeError("Cannot take the best of no runs");
  return others.reduce((least, run) => cpuMs(run) < cpuMs(least) ? run : least, first);
}
