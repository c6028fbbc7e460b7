import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { noisePng } from "./_pictures.ts";
import { type Run, type RunOptions, runStart } from "./_run_start.ts";

/** A running system with a data folder of its own. */
export interface System extends Pick<Run, "pid" | "lines"> {
  readonly dataDir: string;
  /** Ends it and removes its folder; throws as `Run.ended` does. */
  stop(): Promise<void>;
}

/** Where `_shared_system.ts` describes the system that all files of a run share. */
export const SHARED_SYSTEM = "TINTYPE_TEST_SYSTEM";

/** Starts the system with a fresh data folder and the edge alone, and waits until it has sent one small picture. */
export async function startSystem(args: readonly string[] = []): Promise<System> {
  const dataDir = await mkdtemp(join(tmpdir(), "tintype-data-"));
  const pictures = join(dataDir, "pictures");
  await mkdir(pictures);
  await writeFile(join(pictures, "one.png"), noisePng(40, 30));
  return await startSystemIn(dataDir, ["--images", pictures, ...args]);
}

/**
 * The system of this run, whose log lines are complete and whose data folder holds the samples that the project draws;
 * where none is shared (`_shared_system.ts`), one of its own.
 */
export async function openSystem(): Promise<System> {
  const shared = process.env[SHARED_SYSTEM];
  if (shared === undefined) return await startSystemWithSamples();
  const { pid, dataDir, log } = JSON.parse(shared) as { pid: number; dataDir: string; log: string }; // its own words
  return {
    pid,
    dataDir,
    get lines() {
      return readFileSync(log, "utf8").split("\n");
    },
    stop: () => Promise.resolve(),
  };
}

/** Starts the system with a fresh data folder, in which it draws its samples, and every log line. */
export async function startSystemWithSamples(options: RunOptions = {}): Promise<System> {
  const dataDir = await mkdtemp(join(tmpdir(), "tintype-data-"));
  return await startSystemIn(dataDir, ["--verbose"], options);
}

/** As `startSystem`, with the state that the folder holds and the pictures that the arguments name. */
export async function startSystemIn(
  dataDir: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<System> {
  await mkdir(dataDir, { recursive: true });
  const run = await runStart(["--doors", "edge", "--data", dataDir, ...args], options);
  const stop = async () => {
    try {
      await run.stop();
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  };
  try {
    await run.line("Tintype is ready");
    await run.line(" doubled");
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
  return { pid: run.pid, lines: run.lines, dataDir, stop };
}
