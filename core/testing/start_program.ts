/** Programs of the project as child processes of tests: their JSON lines are kept, their groups end with the tests. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Types are stripped and code is compiled once: a program starts with half the CPU. */
const NODE_COMPILE_CACHE = `${ROOT}.tintype/cache/node`;
const INSTALLED_NODE = `${ROOT}node_modules/.bin/node`;

/** A line of a program's log. */
export type Line = Readonly<Record<string, unknown>>;

/** A program of the project that runs. */
export interface Program {
  readonly pid: number;
  /** The JSON lines of its standard output so far. */
  readonly lines: readonly Line[];
  /** What it wrote to standard error. */
  readonly errors: () => string;
  /** The first line of that event; throws when the program ends or the time is over before it. */
  line(event: string, timeoutMs?: number): Promise<Line>;
  /** Resolves with the exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
  /** Ends the program with the signal, then what is left of its group. */
  kill(signal: NodeJS.Signals): Promise<number | string>;
}

const running = new Set<ChildProcess>();
const killAll = () => {
  for (const child of running) killGroup(child, "SIGKILL");
};
process.on("exit", killAll);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    killAll();
    process.kill(process.pid, signal); // now without a listener
  });
}

/** Runs a Node program of the project, in a group of its own. */
export function startProgram(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Program {
  const { PATH = "", HOME = "" } = process.env;
  const node = existsSync(INSTALLED_NODE) ? INSTALLED_NODE : "node";
  const child = spawn(node, ["--disable-warning=TimeoutNegativeWarning", ...args], {
    cwd: ROOT,
    env: { PATH, HOME, NODE_COMPILE_CACHE, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  running.add(child);
  const lines: Line[] = [];
  createInterface({ input: child.stdout }).on("line", (text) => {
    if (text.startsWith("{")) lines.push(JSON.parse(text));
  });
  let errors = "";
  child.stderr.on("data", (chunk) => errors += String(chunk));
  const ended = once(child, "close").then(([code, signal]) => {
    running.delete(child);
    return code ?? signal;
  });
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  return {
    pid: child.pid ?? 0,
    lines,
    errors: () => errors,
    ended,
    async line(event, timeoutMs = 60_000) {
      const deadline = performance.now() + timeoutMs;
      for (;;) {
        const found = lines.find((line) => line["event"] === event);
        if (found !== undefined) return found;
        const output = `${JSON.stringify(lines.at(-1))} ${errors}`;
        assert.ok(!hasEnded(), `${args[0]} ended without ${event}: ${output}`);
        assert.ok(performance.now() < deadline, `${args[0]} logs no ${event}: ${output}`);
        await sleep(20);
      }
    },
    async kill(signal) {
      if (!hasEnded()) killGroup(child, signal);
      const code = await ended;
      killGroup(child, "SIGKILL");
      return code;
    },
  };
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended already.
  }
}
