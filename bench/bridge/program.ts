import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { createInterface } from "node:readline";
import { findNodeBinary } from "../../tools/node_binary.ts";

/** A line of a program's log. */
export type Line = Readonly<Record<string, unknown>>;

/** A Node program of the project that runs. */
export interface Program {
  readonly pid: number;
  /** The first line for which `isIt` holds; throws Error with the program's last words when it ends before. */
  line(isIt: (line: Line) => boolean): Promise<Line>;
  /** Resolves when it has ended; throws Error with its last words where that was not in order. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

const STOP_MS = 30_000;
/** Linux counts process times in hundredths of a second (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** Starts a program of the project on Node. */
export function startProgram(
  root: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Program {
  const { PATH = "", HOME = "" } = process.env;
  const flags = ["--disable-warning=TimeoutNegativeWarning"];
  const child = spawn(findNodeBinary(root), [...flags, ...args], {
    cwd: root,
    env: { PATH, HOME, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: Line[] = [];
  const words: string[] = [];
  let wake = () => {};
  createInterface({ input: child.stdout }).on("line", (text) => {
    words.push(text);
    if (text.startsWith("{")) lines.push(JSON.parse(text));
    wake();
  });
  createInterface({ input: child.stderr }).on("line", (text) => words.push(text));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  void ended.then(() => wake());
  const lastWords = () => new Error(`${args[0]} ended: ${words.slice(-3).join(" / ")}`);
  const endedInOrder = ended.then(() => {
    if (child.exitCode !== 0) throw lastWords();
  });
  endedInOrder.catch(() => {}); // Not everybody asks.
  return {
    pid: child.pid ?? 0,
    ended: endedInOrder,
    async line(isIt) {
      for (;;) {
        const found = lines.find(isIt);
        if (found !== undefined) return found;
        if (hasEnded(child)) throw lastWords();
        await new Promise<void>((resolve) => wake = resolve);
      }
    },
    async stop() {
      if (hasEnded(child)) return;
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** What a process has taken until now. */
export interface Figures {
  readonly cpuSeconds: number;
  readonly rssMib: number;
  readonly peakRssMib: number;
}

/** CPU seconds, resident MiB and their peak of a process (Linux `/proc`). */
export async function figuresOf(pid: number): Promise<Figures> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  const mibOf = (line: RegExp) => Number(line.exec(status)?.[1] ?? 0) / 1024;
  return { cpuSeconds, rssMib: mibOf(/VmRSS:\s+(\d+)/), peakRssMib: mibOf(/VmHWM:\s+(\d+)/) };
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
