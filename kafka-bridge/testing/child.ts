/** Child processes of the room's tests: their JSON lines are kept, their groups are ended with the tests. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** The project's root folder. */
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A line of a part's log. */
export type Line = Readonly<Record<string, unknown>>;

/** A program of the project that runs. */
export interface Child {
  readonly pid: number;
  readonly lines: readonly Line[];
  /** What it wrote to standard error. */
  readonly errors: () => string;
  /** The first line of that event; throws when the program ends or the time is over before it. */
  line(event: string, timeoutMs?: number): Promise<Line>;
  /** Resolves with the exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
  kill(signal: NodeJS.Signals): Promise<number | string>;
}

/** Runs a program of the project on this Node, in a group of its own. */
export function startChild(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Child {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(process.execPath, ["--disable-warning=TimeoutNegativeWarning", ...args], {
    cwd: ROOT,
    env: { PATH, HOME, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const lines: Line[] = [];
  createInterface({ input: child.stdout }).on("line", (text) => {
    if (text.startsWith("{")) lines.push(JSON.parse(text));
  });
  let errors = "";
  child.stderr.on("data", (chunk) => errors += String(chunk));
  const ended = once(child, "close").then(([code, signal]) => code ?? signal);
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
        const words = `${JSON.stringify(lines.at(-1))} ${errors}`;
        assert.ok(!hasEnded(), `${args[0]} ended without ${event}: ${words}`);
        assert.ok(performance.now() < deadline, `${args[0]} says no ${event}: ${words}`);
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

/** Asks every 50 ms until the answer is neither undefined nor false; throws what it waited for after `timeoutMs`. */
export async function eventually<Answer>(
  what: string,
  ask: () => Promise<Answer | false | undefined>,
  timeoutMs = 30_000,
): Promise<Answer> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    assert.ok(performance.now() < deadline, `${what} did not come within ${timeoutMs} ms`);
    await sleep(50);
  }
}
