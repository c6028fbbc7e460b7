/**
 * The whole system as a black box: the project's own command in a process group of its own, its lines collected,
 * its end watched until no process and no port of it is left.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { isListening } from "@tintype/cli/local_system";
import { eventually } from "@tintype/core/testing/eventually";
import { PORTS } from "@tintype/local/start/local_names";
import { descendantsOf, runningProcesses } from "./_processes.ts";

/** How a run of the command ended, and what it wrote. */
export interface RunResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Names in the temporary folder that the run was given, once it was over. */
  readonly leftInTemp: readonly string[];
}

/** A run of the command. */
export interface Run {
  readonly pid: number;
  /** All lines of both outputs so far. */
  readonly lines: readonly string[];
  /** Resolves when a line holds the text; throws when the run ends without it. */
  line(text: string): Promise<string>;
  /** Resolves when the command has ended; throws where a process or a port of it is left, and ends that. */
  readonly ended: Promise<RunResult>;
  /** SIGTERM to the command's group, then as `ended`. */
  stop(): Promise<RunResult>;
  /** Sends a signal to the command's group. */
  signal(name: NodeJS.Signals): void;
  /** Reads no more of its outputs, as `| head` does. */
  hangUp(): void;
}

/** How to run the command. */
export interface RunOptions {
  /** Ports that the test itself holds. */
  readonly ownPorts?: readonly number[];
  /** Called with each line of both outputs. */
  readonly onLine?: (line: string) => void;
}

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const { PATH, HOME, LANG, DENO_DIR, NODE_COMPILE_CACHE, CODEC, TINTYPE_PORT_OFFSET } = process.env;
const INHERITED = { PATH, HOME, LANG, DENO_DIR, NODE_COMPILE_CACHE, CODEC, TINTYPE_PORT_OFFSET };
const STOP_MS = 20_000;
/** Runs `deno task start` with the arguments. The run's temporary folder is removed when it has ended. */
export async function runStart(
  args: readonly string[],
  { ownPorts = [], onLine }: RunOptions = {},
): Promise<Run> {
  const temp = await mkdtemp(join(tmpdir(), "tintype-walk-"));
  const child = spawn(join(ROOT, "node_modules/.bin/deno"), ["task", "--quiet", "start", ...args], {
    cwd: ROOT,
    env: { ...INHERITED, TMPDIR: temp, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const lines: string[] = [];
  const onAnyLine = (line: string) => {
    lines.push(line);
    onLine?.(line);
  };
  const outputs = [collect(child.stdout, onAnyLine), collect(child.stderr, onAnyLine)] as const;
  const family = watchFamily(child);
  const ended = (async () => {
    const [code] = await once(child, "close");
    try {
      await requireAllEnded(family.stop(), ownPorts);
      const [stdout, stderr] = outputs.map((output) => output.join("\n"));
      const leftInTemp = await readdir(temp);
      return { code, stdout: stdout ?? "", stderr: stderr ?? "", leftInTemp };
    } finally {
      await rm(temp, { recursive: true, force: true });
    }
  })();
  ended.catch(() => undefined); // it is thrown where it is awaited
  const signalGroup = (name: NodeJS.Signals) => {
    family.look();
    sendSignal(-(child.pid ?? 0), name);
  };
  return {
    pid: child.pid ?? 0,
    lines,
    line: (text) => lineWith(text, child, lines),
    ended,
    async stop() {
      if (hasEnded(child)) return await ended;
      signalGroup("SIGTERM");
      const timer = setTimeout(() => signalGroup("SIGKILL"), STOP_MS);
      return await ended.finally(() => clearTimeout(timer));
    },
    signal: signalGroup,
    hangUp() {
      family.look();
      child.stdout.destroy();
      child.stderr.destroy();
    },
  };
}

function collect(stream: NodeJS.ReadableStream, onLine: (line: string) => void): string[] {
  const own: string[] = [];
  createInterface({ input: stream }).on("line", (line) => {
    own.push(line);
    onLine(line);
  });
  return own;
}

async function lineWith(
  text: string,
  child: ChildProcess,
  lines: readonly string[],
): Promise<string> {
  const find = () => lines.find((line) => line.includes(text));
  await eventually(`a line with "${text}"`, () => find() !== undefined || hasEnded(child), 90_000);
  const found = find();
  if (found !== undefined) return found;
  throw new Error(`The system ended without a line "${text}":\n${lines.slice(-20).join("\n")}`);
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Notes every descendant while the command runs: its parts have groups of their own, so the group alone says little. */
function watchFamily(child: ChildProcess) {
  const pids = new Set([child.pid ?? 0]);
  const look = () => {
    for (const { pid } of descendantsOf(child.pid ?? 0)) pids.add(pid);
  };
  const timer = setInterval(look, 1_000);
  const stop = () => {
    clearInterval(timer);
    return pids;
  };
  return { look, stop };
}

async function requireAllEnded(
  pids: ReadonlySet<number>,
  ownPorts: readonly number[],
): Promise<void> {
  const alive = () => runningProcesses().filter(({ pid }) => pids.has(pid));
  const openPorts = async () => (await portsInUse()).filter((port) => !ownPorts.includes(port));
  const isOver = async () => alive().length + (await openPorts()).length === 0;
  try {
    await eventually("every process and port of the system to be free", isOver, 10_000);
  } catch (cause) {
    const left = alive();
    const names = left.map(({ pid, commandLine }) => `${pid} ${commandLine}`).join("; ");
    const ports = (await openPorts()).join(", ");
    for (const { pid } of left) sendSignal(pid, "SIGKILL");
    throw new Error(`The command left processes [${names}] and ports [${ports}]`, { cause });
  }
}

/** The system's ports on which somebody answers. */
export async function portsInUse(): Promise<number[]> {
  const { kafka: _, ...ports } = PORTS;
  const answers = await Promise.all(
    Object.values(ports).map(async (port) =>
      await isListening(new URL(`http://127.0.0.1:${port}`)) ? [port] : []
    ),
  );
  return answers.flat();
}

function sendSignal(pid: number, name: NodeJS.Signals): void {
  try {
    if (pid !== 0) process.kill(pid, name);
  } catch {
    // It has ended already.
  }
}
