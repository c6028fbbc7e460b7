import { execFile } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** How a run of a command ended, and what it wrote. */
export interface TaskResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one of the project's commands as people do, `deno task NAME`, with little more than a shell's variables. */
export async function runTask(name: string, ...args: readonly string[]): Promise<TaskResult> {
  const { PATH, HOME, TINTYPE_PORT_OFFSET } = process.env;
  const env = { PATH, HOME, TINTYPE_PORT_OFFSET, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
  const deno = join(ROOT, "node_modules/.bin/deno");
  const call = ["task", "--quiet", name, ...args];
  return await new Promise((resolve) => {
    execFile(deno, call, { cwd: ROOT, env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      const code = typeof error?.code === "number" ? error.code : Number(error !== null);
      resolve({ code, stdout, stderr });
    });
  });
}
