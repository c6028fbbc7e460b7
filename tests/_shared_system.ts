/** For `--test-global-setup`: one system for all files of a run, which `openSystem` finds. */
import { appendFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { SHARED_ARGS, SHARED_SYSTEM, startSystem, type System } from "./_system.ts";

let folder: string;
let system: System;

/** Starts the system before the first file. */
export async function globalSetup(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), "tintype-log-"));
  const log = join(folder, "system.log");
  system = await startSystem(SHARED_ARGS, {
    onLine: (line) => appendFileSync(log, `${line}\n`),
  });
  const { pid, dataDir } = system;
  process.env[SHARED_SYSTEM] = JSON.stringify({ pid, dataDir, log });
}

/** Ends it after the last file; throws where it left a process or a port. */
export async function globalTeardown(): Promise<void> {
  try {
    await system.stop();
  } catch (error) {
    console.error(error); // the runner only fails
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
