import { bundleWorker } from "@tintype/edge/bundle_worker";
import assert from "node:assert/strict";
import { exec } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync, globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** A worker as miniflare takes it, as far as it is looked at. */
interface WorkerOptions {
  readonly bindings?: Readonly<Record<string, unknown>>;
  readonly ratelimits?: Readonly<Record<string, { readonly simple: { limit: number } }>>;
}

/** Requires a package without its types: Cloudflare's would replace those of Deno's globals. */
export const untyped: NodeJS.Require = createRequire(import.meta.url);

/** What worker and page are made of, and by. */
const SOURCES = [
  ...["wrangler.toml", "package-lock.json", "local/edge/*.ts"],
  "{client,core,edge,gcs,page}/**/*.*",
];
/** Builds of other contents go after a day. */
const KEPT_MS = 86_400_000;
const OPTIONS = "options.json";
/** Name of the worker that serves the page, and of its folder. */
const PAGE = "page";

/**
 * The worker as `wrangler.toml` declares it, and one that serves its page, as miniflare takes them. Both are built once for each
 * content of their sources, and kept below `.tintype/cache/edge`: reading `wrangler.toml` alone takes wrangler a second.
 */
export async function builtWorkers(root: string): Promise<[WorkerOptions, WorkerOptions]> {
  const folder = join(root, ".tintype/cache/edge", digestOf(root));
  if (!existsSync(folder)) await build(root, folder);
  return JSON.parse(await readFile(join(folder, OPTIONS), "utf8")); // as `build` wrote it
}

function digestOf(root: string): string {
  const hash = createHash("sha256").update(root);
  const exclude = ["**/node_modules/**", "**/*_test.ts"];
  for (const path of globSync(SOURCES, { cwd: root, exclude }).sort()) {
    hash.update(path).update(readFileSync(join(root, path)));
  }
  return hash.digest("hex");
}

async function build(root: string, folder: string): Promise<void> {
  const temporary = `${folder}.${randomUUID()}`;
  const [contents, { assets, ...options }] = await Promise.all([bundleWorker(), optionsOf(root)]);
  assert.ok(assets?.binding !== undefined && assets.run_worker_first === true);
  await mkdir(temporary, { recursive: true });
  await cp(assets.directory, join(temporary, PAGE), { recursive: true });
  // A worker that has assets itself is reached through others, each of which grows with every request.
  const worker = {
    ...options,
    serviceBindings: { ...options.serviceBindings, [assets.binding]: PAGE },
    modules: [{ type: "ESModule", path: "worker.js", contents }],
  };
  const page = {
    name: PAGE,
    compatibilityDate: options.compatibilityDate,
    assets: { directory: join(folder, PAGE), assetConfig: assets.assetConfig },
    modules: [{ type: "ESModule", path: "none.js", contents: "export default {};" }],
  };
  await writeFile(join(temporary, OPTIONS), JSON.stringify([worker, page]));
  // Whoever else built it meanwhile has built the same.
  await rename(temporary, folder).catch(() => rm(temporary, { recursive: true }));
  const all = join(folder, "..");
  for (const name of await readdir(all)) {
    const { mtimeMs } = await stat(join(all, name));
    if (Date.now() - mtimeMs > KEPT_MS) await rm(join(all, name), { recursive: true, force: true });
  }
}

/** The options that `wrangler.toml` gives the worker, when its own build has run. */
async function optionsOf(root: string) {
  const { unstable_getMiniflareWorkerOptions, unstable_readConfig } = untyped("wrangler");
  const file = join(root, "wrangler.toml");
  const config = unstable_readConfig({ config: file }, { hideWarnings: true });
  await promisify(exec)(config.build.command ?? "", { cwd: root });
  const { workerOptions } = unstable_getMiniflareWorkerOptions(config);
  return { ...workerOptions, name: config.name };
}
