import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { wranglerEnv } from "./_wrangler_fixture.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Files in memory, where there are any: the quota's commits do not wait for this machine's disk. */
const MEMORY = "/dev/shm";
/** A killed process is gone by then, whether or not the runtime tells. */
const END_MS = 1_000;
const COMPATIBILITY_DATE = "2026-10-30";

/** A script for workerd, and what it is given. */
export interface WorkerdOptions {
  readonly script: string;
  readonly vars: Readonly<Record<string, string>>;
  /** Requests a minute that one owner may make; any number where it is left out. */
  readonly requestsPerMinute?: number;
}

/** workerd itself, without the development server in front of it. */
export interface Workerd extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** From the start of the process until it listened, in milliseconds. */
  readonly startMs: number;
}

/**
 * Bundles a worker as `wrangler deploy` does, minified: the edge by its `wrangler.toml`, or another entry. `node` is the
 * program that runs wrangler.
 */
export async function bundleWorker(
  { node, entry }: { readonly node: string; readonly entry?: string },
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tintype-bundle-"));
  try {
    const config = join(folder, "wrangler.toml");
    const lines = [
      'name = "bare"',
      `main = ${JSON.stringify(entry)}`,
      `compatibility_date = "${COMPATIBILITY_DATE}"`,
      "minify = true",
      "keep_names = false",
    ];
    if (entry !== undefined) await writeFile(config, lines.join("\n"));
    await run(node, [
      join(ROOT, "node_modules/wrangler/bin/wrangler.js"),
      ...["deploy", "--dry-run", "--outdir", join(folder, "out"), "--env", ""],
      ...["--config", entry === undefined ? join(ROOT, "wrangler.toml") : config],
    ], {
      cwd: ROOT,
      env: wranglerEnv(folder),
    });
    const [name = ""] = (await readdir(join(folder, "out"))).filter((file) => file.endsWith(".js"));
    return await readFile(join(folder, "out", name), "utf8");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Runs a bundled worker by `workerd serve` on a free port, with the bindings of `wrangler.toml`: the class TenantQuota on
 * local files where the script has one, and rate limits that let everything through, as workerd has none of its own.
 */
export async function startWorkerd(options: WorkerdOptions): Promise<Workerd> {
  const folder = await mkdtemp(join(existsSync(MEMORY) ? MEMORY : tmpdir(), "tintype-workerd-"));
  await mkdir(join(folder, "objects"));
  await writeFile(join(folder, "worker.js"), options.script);
  await writeFile(join(folder, "config.capnp"), configOf(options), { mode: 0o600 });
  const startedMs = performance.now();
  const child = spawn(workerdBinary(), ["serve", "config.capnp", "--control-fd=3"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit", "pipe"],
    env: {},
  });
  const port = await portOf(child);
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    startMs: performance.now() - startedMs,
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

/** A rate limit of one process that counts by key and minute. */
const LIMITER = `export default () => {
  let counts = new Map(), minute = 0;
  return {
    async limit({ key }) {
      const now = Math.floor(Date.now() / 60000);
      if (now !== minute) [counts, minute] = [new Map(), now];
      counts.set(key, (counts.get(key) ?? 0) + 1);
      return { success: counts.get(key) <= REQUESTS };
    },
  };
};`;
const NO_LIMITER = "export default () => ({ limit: async () => ({ success: true }) });";

function configOf({ script, vars, requestsPerMinute }: WorkerdOptions): string {
  const hasQuota = script.includes("TenantQuota");
  const limiter = requestsPerMinute === undefined
    ? NO_LIMITER
    : LIMITER.replace("REQUESTS", String(requestsPerMinute));
  const texts = Object.entries(vars).map(([name, text]) =>
    `(name = "${name}", text = ${JSON.stringify(text)})`
  );
  const limits = [
    '(name = "ADDRESS_LIMITER", wrapped = (moduleName = "stub:unlimited"))',
    '(name = "OWNER_LIMITER", wrapped = (moduleName = "stub:limiter"))',
    // The page's files are not what is measured: whatever answers fetch stands for them.
    '(name = "ASSETS", service = "internet")',
  ];
  const quota = hasQuota ? ['(name = "TENANT_QUOTA", durableObjectNamespace = "TenantQuota")'] : [];
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["public", "private"])),
    (name = "objects", disk = (path = "objects", writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
  extensions = [(modules = [
    (name = "stub:unlimited", internal = true, esModule = ${JSON.stringify(NO_LIMITER)}),
    (name = "stub:limiter", internal = true, esModule = ${JSON.stringify(limiter)}),
  ])],
);
const main :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  compatibilityDate = "${COMPATIBILITY_DATE}",
  bindings = [${[...texts, ...limits, ...quota].join(",\n    ")}],
  ${
    hasQuota
      ? 'durableObjectNamespaces = [(className = "TenantQuota", uniqueKey = "quota", enableSql = true)],\n  durableObjectStorage = (localDisk = "objects"),'
      : ""
  }
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
