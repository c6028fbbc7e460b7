import { execFile } from "node:child_process";

/** How a program ended and what it wrote, both streams together. */
interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly output: string;
}

/** How a program is run. */
interface RunOptions {
  readonly cwd?: string;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 240_000;
const NOT_FOUND = 127;

/** Runs a program to its end; 127 where it is not there, as a shell says it. */
export function run(
  program: string,
  args: readonly string[],
  { cwd, timeoutMs = TIMEOUT_MS }: RunOptions = {},
): Promise<Ended> {
  const options = { cwd, timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      const missing = error !== null && error.code === "ENOENT";
      const code = error === null ? 0 : missing ? NOT_FOUND : Number(error.code) || 1;
      resolve({ code, stdout, output: `${stdout}${stderr}` });
    });
  });
}

/** Whether the program can be run at all. */
export async function isThere(program: string): Promise<boolean> {
  return (await run(program, ["--version"], { timeoutMs: 20_000 })).code !== NOT_FOUND;
}
