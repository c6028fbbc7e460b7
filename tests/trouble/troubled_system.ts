import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { BUCKETS, namesWith } from "../_cloud.ts";
import { noisePng } from "../_pictures.ts";
import { type Run, runStart } from "../_run_start.ts";
import { findLeftovers } from "./leftovers.ts";
import { killPart, untilWell, type Victim, VICTIMS } from "./parts.ts";

/** A door through which pictures go in. */
export type Door = "edge" | "kafka";

/** How to start a system that will have trouble. */
export interface TroubledSystemOptions {
  readonly doors: readonly Door[];
  /** How long images are kept, such as `2h`; seven days where it is not given. */
  readonly retention?: string | undefined;
}

/** A running system, and what a fault may do to it. */
export interface TroubledSystem {
  readonly doors: readonly Door[];
  /** Where the stand-ins keep their state, each in a folder of its name. */
  readonly dataDir: string;
  /** All lines of all parts so far. */
  readonly lines: readonly string[];
  /** Names of raw objects that somebody answers for; whatever else turns up is there twice. */
  readonly known: Set<string>;
  /** Rejects when the command ends before it was asked to. */
  readonly over: Promise<never>;
  /** SIGKILL to a part; resolves when it is back and well. */
  kill(victim: Victim): Promise<void>;
  /** Resolves when every part is well. */
  well(): Promise<void>;
  /** Ends the system, removes its folder and answers what it left behind: temporary files, bytes that no object names. */
  stop(): Promise<readonly string[]>;
}

/** Starts the project's own command with a fresh data folder and waits until it has sent one picture through each door. */
export async function startTroubledSystem(
  { doors, retention }: TroubledSystemOptions,
): Promise<TroubledSystem> {
  const folder = await mkdtemp(join(tmpdir(), "tintype-trouble-"));
  const first = join(folder, "first");
  await mkdir(first);
  await writeFile(join(first, "first.png"), noisePng(64, 48));
  const kept = retention === undefined ? [] : ["--retention", retention];
  // Of a name that configuration files, command lines and addresses could trip over.
  const dataDir = join(folder, "data, ü %41");
  const run = await runStart(
    ["--verbose", "--data", dataDir, "--images", first, "--doors", doors.join(","), ...kept],
  );
  const stop = () => stopAndLook(run, { folder, dataDir });
  try {
    await run.line("Tintype is ready");
    await run.line(" doubled");
    const victims = victimsOf(doors);
    return {
      doors,
      dataDir,
      lines: run.lines,
      over: overOf(run),
      known: new Set(await namesWith(BUCKETS.raw)),
      kill: (victim) => killPart(process.pid, victim),
      well: async () => void await Promise.all(victims.map(untilWell)),
      stop,
    };
  } catch (error) {
    await stop().catch(() => undefined); // The first trouble says more.
    throw error;
  }
}

/** What there is to kill in a system with these doors. */
function victimsOf(doors: readonly Door[]): Victim[] {
  const victims = Object.keys(VICTIMS) as Victim[]; // keys of a literal
  if (doors.includes("kafka")) return victims;
  return victims.filter((victim) => victim !== "bridge" && victim !== "broker");
}

function overOf({ ended, lines }: Run): Promise<never> {
  const over = ended.then(() => {
    throw new Error(`The system has ended: ${lines.slice(-3).join(" | ")}`);
  });
  over.catch(() => undefined); // also when it is asked to
  return over;
}

async function stopAndLook(
  run: Run,
  { folder, dataDir }: { readonly folder: string; readonly dataDir: string },
): Promise<readonly string[]> {
  try {
    const { leftInTemp } = await run.stop();
    return [
      ...leftInTemp.map((name) => `temporary folder: ${name}`),
      ...await findLeftovers(dataDir),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
