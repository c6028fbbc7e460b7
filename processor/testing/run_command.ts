/** Runs the package's commands in the process of a test: each run is a module of its own. */
import assert from "node:assert/strict";
import process from "node:process";
import { mock } from "node:test";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
let runs = 0;

/** Runs `processor/NAME/main.ts` as its task does: its exit code and what it wrote. */
export async function runCommand(name: string, ...args: readonly string[]) {
  const wrote = { out: "", err: "" };
  const line = (to: "out" | "err", end: string) => (text: string) => {
    wrote[to] += `${text}${end}`;
    return true;
  };
  const mocks = [
    mock.method(console, "log", line("out", "\n")),
    mock.method(console, "error", line("err", "\n")),
    mock.method(process.stderr, "write", line("err", "")),
    mock.method(process, "exit", (code: number) => {
      throw new Ended(code);
    }),
  ];
  const before = process.argv;
  process.argv = [...before.slice(0, 2), ...args];
  try {
    await import(`../${name}/main.ts?run=${runs++}`);
    return assert.fail("it must end by itself");
  } catch (error) {
    if (error instanceof Ended) return { code: error.code, ...wrote };
    throw error;
  } finally {
    process.argv = before;
    // What waits for Ctrl-C ends with the command.
    for (const signal of SIGNALS) process.removeAllListeners(signal);
    for (const each of mocks) each.mock.restore();
  }
}

/** What ends a command here instead of the process. */
class Ended extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`It ended with ${code}`);
    this.code = code;
  }
}
