/**
 * The whole system as a black box: the project's own command in a process group of its own, its lines collected,
 * its end watched until no process and no port of it is left.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { noisePng } from "./_pictures.ts";
import { waitUntil } from "./_wait.ts";

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

/** A running system with a data folder of its own. */
export interface System extends Run {
  readonly dataDir: string;
}

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PORTS = [8787, 8080, 8081, 9023, 9050, 9080] as const;
const INHERITED = ["PATH", "HOME", "LANG", "DENO_DIR", "CODEC"] as const;
const STOP_MS = 20_000;

/**
 * Runs `deno task start` with the arguments. The run's temporary folder is removed when it has ended.
 * `ownPorts` are held by the test itself.
 */
export async function runStart(
  args: readonly string[],
  { ownPorts = [] }: { readonly ownPorts?: readonly number[] } = {},
): Promise<Run> {
  const temp = await mkdtemp(join(tmpdir(), "tintype-walk-"));
  const child = spawn(join(ROOT, "node_modules/.bin/deno"), ["task", "--quiet", "start", ...args], {
    cwd: ROOT,
    env: { ...inheritedEnv(), TMPDIR: temp, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const lines: string[] = [];
  const outputs = [collect(child.stdout, lines), collect(child.stderr, lines)] as const;
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
  ended.catch(() => undefined); // whoever awaits it is told
  const signalGroup = (name: NodeJS.Signals) => {
    family.look();
    sendSignal(-(child.pid ?? 0), name);
  };
  return {
    lines,
    line: (text) => lineWith(text, { child, lines }),
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

/** Starts the system with a fresh data folder and the edge's door, and waits until it has sent one small picture. */
export async function startSystem(args: readonly string[] = []): Promise<System> {
  const dataDir = await mkdtemp(join(tmpdir(), "tintype-data-"));
  const pictures = join(dataDir, "pictures");
  await mkdir(pictures);
  await writeFile(join(pictures, "one.png"), noisePng(40, 30));
  return await startSystemIn(dataDir, ["--images", pictures, ...args]);
}

/** As `startSystem`, with the samples that the project draws itself, in the folder `samples` of its data. */
export async function startSystemWithSamples(): Promise<System> {
  return await startSystemIn(await mkdtemp(join(tmpdir(), "tintype-data-")), []);
}

/** As `startSystem`, with the state that the folder holds and the pictures that the arguments name. */
export async function startSystemIn(dataDir: string, args: readonly string[]): Promise<System> {
  await mkdir(dataDir, { recursive: true });
  const run = await runStart(["--doors", "edge", "--data", dataDir, ...args]);
  const stop = async () => {
    try {
      return await run.stop();
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  };
  try {
    await run.line("Tintype is ready");
    await run.line(" doubled");
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
  return { ...run, dataDir, stop };
}

function inheritedEnv(): Record<string, string> {
  return Object.fromEntries(INHERITED.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }));
}

function collect(stream: NodeJS.ReadableStream, all: string[]): string[] {
  const own: string[] = [];
  createInterface({ input: stream }).on("line", (line) => {
    own.push(line);
    all.push(line);
  });
  return own;
}

async function lineWith(
  text: string,
  { child, lines }: { readonly child: ChildProcess; readonly lines: readonly string[] },
): Promise<string> {
  const find = () => lines.find((line) => line.includes(text));
  await waitUntil(`a line with "${text}"`, () => find() !== undefined || hasEnded(child), 90_000);
  const found = find();
  if (found !== undefined) return found;
  throw new Error(`The system ended without a line "${text}":\n${lines.slice(-20).join("\n")}`);
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Notes every descendant while the command runs: its parts have groups of their own, so the group alone tells little. */
function watchFamily(child: ChildProcess) {
  const pids = new Set<number>();
  const look = () => {
    for (const pid of descendantsOf(child.pid ?? 0)) pids.add(pid);
  };
  const timer = setInterval(look, 1_000);
  const stop = () => {
    clearInterval(timer);
    return pids;
  };
  return { look, stop };
}

function descendantsOf(root: number): number[] {
  const table = processTable();
  const found = [root];
  for (const parent of found) {
    found.push(...table.filter(({ ppid }) => ppid === parent).map(({ pid }) => pid));
  }
  return found;
}

function processTable() {
  const text = execFileSync("ps", ["-A", "-o", "pid=,ppid=,stat=,args="], { encoding: "utf8" });
  return text.trimEnd().split("\n").map((line) => {
    const [pid, ppid, stat = "", ...args] = line.trim().split(/\s+/);
    return { pid: Number(pid), ppid: Number(ppid), isZombie: stat.startsWith("Z"), args };
  });
}

async function requireAllEnded(
  pids: ReadonlySet<number>,
  ownPorts: readonly number[],
): Promise<void> {
  const alive = () => processTable().filter(({ pid, isZombie }) => pids.has(pid) && !isZombie);
  const openPorts = async () => (await portsInUse()).filter((port) => !ownPorts.includes(port));
  const isOver = async () => alive().length + (await openPorts()).length === 0;
  try {
    await waitUntil("every process and port of the system to be free", isOver, 10_000);
  } catch (cause) {
    const left = alive();
    const names = left.map(({ pid, args }) => `${pid} ${args.join(" ")}`).join("; ");
    const ports = (await openPorts()).join(", ");
    for (const { pid } of left) sendSignal(pid, "SIGKILL");
    throw new Error(`The command left processes [${names}] and ports [${ports}]`, { cause });
  }
}

/** The system's ports on which somebody answers. */
export async function portsInUse(): Promise<number[]> {
  const answers = await Promise.all(PORTS.map(async (port) => await isOpen(port) ? [port] : []));
  return answers.flat();
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function sendSignal(pid: number, name: NodeJS.Signals): void {
  try {
    if (pid !== 0) process.kill(pid, name);
  } catch {
    // It has ended already.
  }
}
