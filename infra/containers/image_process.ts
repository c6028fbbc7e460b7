import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import type { Replayed } from "./replay.ts";

const execute = promisify(execFile);
const AS_ROOT = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
/** The program keeps the process id that the shell writes: `setpriv` and `env` start no other process. */
const WITH_PID_FILE = ["sh", "-c", 'echo $$ > "$0"; exec "$@"'];

/** Returns why a program cannot run as another user here, or false where it can: for a test's `skip`. */
export async function missingUserSwitch(): Promise<string | false> {
  const [program = "", ...args] = [...AS_ROOT, ...switchTo("65532:65532"), "true"];
  return await execute(program, args).then(
    () => false,
    () => "another user needs setpriv (util-linux), and root or `sudo -n`",
  );
}

/** Runs a command as root; throws Error where it fails. */
export async function runAsRoot(command: readonly string[]): Promise<void> {
  const [program = "", ...args] = [...AS_ROOT, ...command];
  await execute(program, args);
}

/** Runs a command as the image's user and returns what it printed; throws Error where it fails. */
export async function runAsUser(
  image: Pick<Replayed, "user">,
  command: readonly string[],
): Promise<string> {
  const [program = "", ...args] = [...AS_ROOT, ...switchTo(image.user), ...command];
  return (await execute(program, args, { maxBuffer: 1 << 24 })).stdout;
}

/** The program of an image: under its own user and with its own variables alone. */
export class ImageProcess {
  readonly child: ChildProcess;
  readonly #pidFile: string;
  #output = "";

  /** Starts it; the id of its process is kept in a file in `folder`. */
  constructor(image: Replayed, folder: string) {
    this.#pidFile = join(folder, `${randomUUID()}.pid`);
    const variables = Object.entries(image.env).map(([name, value]) => `${name}=${value}`);
    const [program = "", ...args] = [
      ...[...AS_ROOT, ...WITH_PID_FILE, this.#pidFile],
      ...[...switchTo(image.user), "env", "-i", ...variables],
      ...image.command,
    ];
    this.child = spawn(program, args, { cwd: image.cwd });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on("data", (text: unknown) => this.#output += String(text));
    }
    this.child.on("error", (error) => this.#output += String(error));
  }

  /** Everything that it printed. */
  get output(): string {
    return this.#output;
  }

  get hasEnded(): boolean {
    const { pid, exitCode, signalCode } = this.child;
    return pid === undefined || exitCode !== null || signalCode !== null;
  }

  /** Sends a signal to the program itself, as a container's runtime does. */
  async signal(name: "TERM" | "KILL"): Promise<void> {
    await runAsRoot(["kill", "-s", name, (await readFile(this.#pidFile, "utf8")).trim()]);
  }

  /** Kills it where it has not ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.hasEnded) return;
    const ended = once(this.child, "exit");
    await this.signal("KILL");
    await ended;
  }
}

/** As with `docker run --cap-drop ALL --security-opt no-new-privileges`: without other groups and capabilities, and unable to gain any. */
function switchTo(user: string): string[] {
  const [uid, gid] = user.split(":");
  const rights = ["--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"];
  return ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, ...rights];
}
