import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import process from "node:process";

/** The whole local system, started by the project's own command. */
export interface System {
  readonly pid: number;
  stop(): Promise<void>;
}

const STOP_MS = 30_000;

/** How it starts. */
interface SystemOptions {
  /** A folder for its data. */
  readonly scratch: string;
  readonly firstPicture: string;
  /** Variables and flags beside its own. */
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** Starts everything with one warm-up picture; throws Error with the command's last words when it does not come up. */
export async function startSystem(
  root: string,
  { scratch, firstPicture, env = {}, args = [] }: SystemOptions,
): Promise<System> {
  const warmUp = join(scratch, "warm_up");
  await mkdir(warmUp, { recursive: true });
  await copyFile(firstPicture, join(warmUp, basename(firstPicture)));
  const folders = ["--images", warmUp, "--data", join(scratch, "data")];
  const child = spawn(
    process.execPath,
    ["run", "--allow-all", "local/start/main.ts", ...folders, ...args],
    {
      cwd: root,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const words: string[] = [];
  await new Promise<void>((resolve, reject) => {
    child.once("exit", () => {
      reject(new Error(`The system did not come up: ${words.slice(-3).join(" / ")}`));
    });
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on("line", (line) => {
        words.push(line);
        // The table ends with a total: the warm-up pictures are through.
        if (/^\d+ pictures, /.test(line)) resolve();
      });
    }
  });
  let ended: Promise<void> | undefined;
  const stop = () => ended ??= end(child);
  return { pid: child.pid ?? 0, stop };
}

async function end(child: ReturnType<typeof spawn>): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await exited;
  clearTimeout(timer);
}
