import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { LocalWorker } from "./_local_cloud.ts";

/** Files in memory, where there are any: the quota's commits do not wait for this machine's disk. */
const MEMORY = "/dev/shm";
/** A killed process is gone by then, whether or not the runtime reports it. */
const END_MS = 1_000;
const COMPATIBILITY_DATE = "2026-10-30";

/** A script for workerd, and what it is given. */
interface WorkerdOptions {
  readonly script: string;
  readonly vars: Readonly<Record<string, string>>;
  readonly limits?: WorkerdLimits;
}

/** Requests a minute of one key, any number where it is left out. */
export interface WorkerdLimits {
  readonly address?: number;
  readonly owner?: number;
}

/** workerd itself, with nothing in front of it. */
export interface Workerd extends LocalWorker {
  readonly pid: number;
  /** Everything it has written so far, log lines included. */
  output(): string;
  /** From the start of the process until it listened, in milliseconds. */
  readonly startMs: number;
}

/**
 * Runs a bundled worker by `workerd serve` on a free port, with the bindings of `wrangler.toml`: the classes of durable
 * objects that the script has, on local files, and rate limits that let everything through, as workerd has none of its own.
 */
export async function startWorkerd(options: WorkerdOptions): Promise<Workerd> {
  const folder = await mkdtemp(join(existsSync(MEMORY) ? MEMORY : tmpdir(), "tintype-workerd-"));
  await mkdir(join(folder, "objects"));
  await writeFile(join(folder, "worker.js"), options.script);
  await writeFile(join(folder, "config.capnp"), configOf(options), { mode: 0o600 });
  const startedMs = performance.now();
  const child = spawn(workerdBinary(), ["serve", "config.capnp", "--control-fd=3"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    env: {},
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (part: string) => text += part);
  }
  const port = await portOf(child);
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    startMs: performance.now() - startedMs,
    output: () => text,
    async [Symbol.asyncDispose]() {
      const ended = child.exitCode === null ? once(child, "exit") : undefined;
      child.kill("SIGKILL");
      await Promise.race([ended, sleep(END_MS)]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function workerdBinary(): string {
  const fromWrangler = createRequire(createRequire(import.meta.url).resolve("wrangler"));
  const folder = dirname(fromWrangler.resolve("workerd/package.json"));
  const fromWorkerd = createRequire(join(folder, "package.json"));
  const { platform, arch } = process;
  const name = `@cloudflare/workerd-${platform}-${arch === "x64" ? "64" : arch}`;
  return fromWorkerd.resolve(`${name}/bin/workerd`);
}

/** A rate limit of one process that counts by key, and anew with each minute of the clock, as the binding does. */
const LIMITER = `export default () => {
  let counts = new Map(), counted = 0;
  return {
    async limit({ key }) {
      const minute = Math.floor(Date.now() / 60000);
      if (minute !== counted) [counts, counted] = [new Map(), minute];
      counts.set(key, (counts.get(key) ?? 0) + 1);
      return { success: counts.get(key) <= REQUESTS };
    },
  };
};`;
function configOf({ script, vars, limits = {} }: WorkerdOptions): string {
  const classes = ["TenantQuota", "TenantGrants"].filter((name) => script.includes(name));
  const texts = Object.entries(vars).map(([name, text]) =>
    `(name = "${name}", text = ${JSON.stringify(text)})`
  );
  const stub = (name: "address" | "owner") => {
    const code = LIMITER.replace("REQUESTS", String(limits[name] ?? Infinity));
    return `(name = "stub:${name}", internal = true, esModule = ${JSON.stringify(code)})`;
  };
  const limiters = [
    '(name = "ADDRESS_LIMITER", wrapped = (moduleName = "stub:address"))',
    '(name = "OWNER_LIMITER", wrapped = (moduleName = "stub:owner"))',
    // The page's files are not what is measured: whatever answers fetch stands for them.
    '(name = "ASSETS", service = "internet")',
  ];
  const objects = classes.map((name) => {
    const binding = name.replace(/[a-z](?=[A-Z])/, "$&_").toUpperCase();
    return `(name = "${binding}", durableObjectNamespace = "${name}")`;
  });
  const namespaces = classes.map((name) =>
    `(className = "${name}", uniqueKey = "${name}", enableSql = true)`
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["public", "private"])),
    (name = "objects", disk = (path = "objects", writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
  extensions = [(modules = [${stub("address")}, ${stub("owner")}])],
);
const main :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  compatibilityDate = "${COMPATIBILITY_DATE}",
  bindings = [${[...texts, ...limiters, ...objects].join(",\n    ")}],
  durableObjectNamespaces = [${namespaces.join(", ")}],
  durableObjectStorage = (localDisk = "objects"),
);
`;
}

async function portOf(child: ChildProcess): Promise<number> {
  const control = child.stdio[3] as Readable; // a pipe, as asked for
  for await (const line of createInterface({ input: control })) {
    const { event, port }: { event?: string; port?: number } = JSON.parse(line);
    if (event === "listen" && port !== undefined) return port;
  }
  throw new Error("workerd ended before it listened");
}
