/**
 * Ctrl-C: the first asks the command to end, the second ends it at once. At a terminal SIGINT reaches the whole job, and
 * `npx` and `deno task` end by it at once (npm 11.19, Deno 2.9), however long the command drains: the prompt would come
 * back before the end. So the command reads the key itself; in raw mode nobody gets the signal.
 */
import { execFileSync } from "node:child_process";
import process from "node:process";
import { EXIT, Interrupted } from "./run_main.ts";

/** What else happens at an interruption. */
export interface InterruptOptions {
  readonly onFirst?: () => void;
  readonly onSecond?: () => void;
  /** What the signal is aborted with (default: Interrupted). */
  readonly reason?: Error;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** Keys as raw mode delivers them. */
const KEYS = { ctrlC: 0x03, ctrlZ: 0x1a, ctrlBackslash: 0x1c } as const;

/** Aborts `ending` at the first Ctrl-C or signal; when it is aborted already, ends the process with 130. */
export function endOnInterrupt(
  ending: AbortController,
  { onFirst, onSecond, reason = new Interrupted() }: InterruptOptions = {},
): void {
  const interrupt = () => {
    if (ending.signal.aborted) {
      onSecond?.();
      process.exit(EXIT.interrupted);
    }
    onFirst?.();
    ending.abort(reason);
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  readKeys(interrupt);
}

function readKeys(interrupt: () => void): void {
  const { stdin, stdout } = process;
  // A pager behind a pipe reads the same keys.
  if (!stdin.isTTY || !stdout.isTTY || !isForeground()) return;
  stdin.setRawMode(true);
  stdin.on("data", (keys: Uint8Array) => {
    for (const key of keys) {
      if (key === KEYS.ctrlC || key === KEYS.ctrlBackslash) interrupt();
      if (key === KEYS.ctrlZ) suspend();
    }
  });
  stdin.unref();
}

/** Stops the whole job, as the key does without raw mode; goes on when the job does. */
function suspend(): void {
  process.stdin.setRawMode(false);
  process.kill(0, "SIGTSTP");
  process.stdin.setRawMode(true);
}

/** Whether the terminal is this job's: changing it from the background would stop the job. */
function isForeground(): boolean {
  try {
    const args = ["-o", "stat=", "-p", String(process.pid)];
    return execFileSync("ps", args, { encoding: "utf8", stdio: "pipe" }).includes("+");
  } catch {
    return false; // no ps
  }
}
