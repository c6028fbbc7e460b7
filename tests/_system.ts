import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { findLeftovers } from "./_leftovers.ts";
import { type Run, type RunOptions, runStart } from "./_run_start.ts";

/** A running system with a data folder of its own. */
export interface System extends Pick<Run, "pid" | "lines"> {
  readonly dataDir: string;
  /**
   * Ends it, removes its folder and answers what it left behind: temporary files, bytes that no object names. Throws as
   * `Run.ended` does.
   */
  stop(): Promise<readonly string[]>;
}

/** What a system starts with. */
export interface SystemOptions extends RunOptions {
  /** Pictures that it sends first, by their files' names; the samples that the project draws where none are given. */
  readonly pictures?: Readonly<Record<string, Uint8Array>>;
}

/** Erasures are over within seconds where images are kept for an hour. */
export const SHARED_ARGS: readonly string[] = ["--doors", "edge", "--verbose", "--retention", "1h"];

/** Where `_shared_system.ts` describes the system that all files of a run share. */
export const SHARED_SYSTEM = "TINTYPE_TEST_SYSTEM";

/**
 * The system of this run, whose log lines are complete and whose data folder holds the samples that the project draws;
 * where none is shared (`_shared_system.ts`), one of its own.
 */
export async function openSystem(): Promise<System> {
  const shared = process.env[SHARED_SYSTEM];
  if (shared === undefined) return await startSystem(SHARED_ARGS);
  const { pid, dataDir, log } = JSON.parse(shared) as { pid: number; dataDir: string; log: string }; // its own words
  return {
    pid,
    dataDir,
    get lines() {
      return readFileSync(log, "utf8").split("\n");
    },
    stop: () => Promise.resolve([]),
  };
}

/** Starts the system with a fresh data folder, and waits until it has sent its pictures. */
export async function startSystem(
  args: readonly string[],
  { pictures, ...options }: SystemOptions = {},
): Promise<System & Pick<Run, "ended">> {
  const folder = await mkdtemp(join(tmpdir(), "tintype-system-"));
  // Of a name that configuration files, command lines and addresses could trip over.
  const dataDir = join(folder, "data, ü %41");
  const images = pictures === undefined ? [] : ["--images", await writePictures(folder, pictures)];
  const run = await runStart(["--data", dataDir, ...images, ...args], options);
  const stop = async () => {
    try {
      const { leftInTemp } = await run.stop();
      return [
        ...leftInTemp.map((name) => `temporary folder: ${name}`),
        ...await findLeftovers(dataDir),
      ];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
  try {
    await run.line("Tintype is ready");
    await run.line(" doubled");
  } catch (error) {
    await stop().catch(() => undefined); // what came first says more
    throw error;
  }
  return { pid: run.pid, lines: run.lines, ended: run.ended, dataDir, stop };
}

async function writePictures(
  folder: string,
  pictures: Readonly<Record<string, Uint8Array>>,
): Promise<string> {
  const images = join(folder, "pictures");
  await mkdir(images);
  for (const [name, bytes] of Object.entries(pictures)) await writeFile(join(images, name), bytes);
  return images;
}
