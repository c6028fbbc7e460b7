import { bundleWorker } from "@tintype/edge/bundle_worker";
import { WRANGLER } from "@tintype/edge/workerd_config";
import { exec } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync, globSync, readFileSync } from "node:fs";
import { cp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** What worker and page are made of, and by. */
const SOURCES = [
  ...["wrangler.toml", "package-lock.json", "local/edge/*.ts"],
  "{client,core,edge,gcs,page}/**/*.*",
];
/** Builds of other contents go after a day. */
const KEPT_MS = 86_400_000;
const SCRIPT = "worker.js";
const PAGE = "page";

/** The bundled worker and the folder of its page: both are built once for each content of their sources, below `.tintype/cache/edge`. */
export async function builtWorker(root: string): Promise<{ script: string; page: string }> {
  const all = join(root, ".tintype/cache/edge");
  const folder = join(all, digestOf(root));
  if (!existsSync(folder)) await build(root, folder);
  for (const name of await readdir(all)) {
    const { mtimeMs } = await stat(join(all, name));
    if (Date.now() - mtimeMs > KEPT_MS) await rm(join(all, name), { recursive: true, force: true });
  }
  return { script: await readFile(join(folder, SCRIPT), "utf8"), page: join(folder, PAGE) };
}

function digestOf(root: string): string {
  const hash = createHash("sha256");
  const exclude = ["**/node_modules/**", "**/*_test.ts"];
  for (const path of globSync(SOURCES, { cwd: root, exclude }).sort()) {
    hash.update(path).update(readFileSync(join(root, path)));
  }
  return hash.digest("hex");
}

async function build(root: string, folder: string): Promise<void> {
  const temporary = `${folder}.${randomUUID()}`;
  const { assets, build: { command } } = WRANGLER;
  await promisify(exec)(command, { cwd: root });
  await cp(join(root, assets.directory), join(temporary, PAGE), { recursive: true });
  await writeFile(join(temporary, SCRIPT), await bundleWorker());
  // Whoever else built it meanwhile has built the same.
  await rename(temporary, folder).catch(() => rm(temporary, { recursive: true }));
}
