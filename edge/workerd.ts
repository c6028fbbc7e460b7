import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { workerdConfig, type WorkerdSetup } from "./workerd_config.ts";

/** Files in memory, where there are any: the quota's commits do not wait for this machine's disk. */
const MEMORY = "/dev/shm";
/** A killed process is gone by then, whether or not the runtime reports it. */
const END_MS = 1_000;
/** It has no types. */
const { default: PROGRAM }: { default: string } = createRequire(import.meta.url)("workerd");

/** What workerd runs, and where it keeps its files. */
interface WorkerdOptions extends WorkerdSetup {
  /** Durable objects' state and the configuration; a temporary folder where it is left out. */
  readonly dataDir?: string;
  /** Whether the worker's log goes to standard output. */
  readonly logs?: boolean;
}

/** workerd itself, with nothing in front of it; disposing kills it. */
export interface Workerd extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** Everything it has written so far, log lines included; nothing where they go to standard output. */
  output(): string;
  /** From the start of the process until it listened, in milliseconds. */
  readonly startMs: number;
  /** Resolves with the exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
}

/**
 * Runs a bundled worker by `workerd serve` with the bindings of `wrangler.toml`. Durable objects keep their state in local
 * files; rate limits and the dataset, which workerd lacks, are modules of the configuration.
 */
export async function startWorkerd(options: WorkerdOptions): Promise<Workerd> {
  const { script, dataDir, logs = false } = options;
  const folder = dataDir ??
    await mkdtemp(join(existsSync(MEMORY) ? MEMORY : tmpdir(), "tintype-workerd-"));
  await mkdir(join(folder, "objects"), { recursive: true });
  await writeFile(join(folder, "worker.js"), script);
  await writeFile(join(folder, "config.capnp"), workerdConfig(options), { mode: 0o600 });
  const startedMs = performance.now();
  const output = logs ? process.stdout : "pipe";
  const child = spawn(PROGRAM, ["serve", "config.capnp", "--control-fd=3", "--experimental"], {
    cwd: folder,
    stdio: ["ignore", output, output, "pipe"],
    env: {},
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (part: string) => text += part);
  }
  const ended = once(child, "exit").then(([code, signal]) => code ?? signal);
  const port = await portOf(child);
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    startMs: performance.now() - startedMs,
    output: () => text,
    ended,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await Promise.race([ended, sleep(END_MS)]);
      if (dataDir === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The port of the worker, which listens last. */
async function portOf(child: ChildProcess): Promise<number> {
  const control = child.stdio[3] as Readable; // a pipe, as asked for
  for await (const line of createInterface({ input: control })) {
    const { event, socket, port }: { event?: string; socket?: string; port?: number } = JSON.parse(
      line,
    );
    if (event === "listen" && socket === "http" && port !== undefined) return port;
  }
  throw new Error("workerd ended before it listened; its own lines say why");
}
