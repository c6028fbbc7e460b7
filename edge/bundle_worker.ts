import { buildSync } from "esbuild";
import { fileURLToPath } from "node:url";

/** Bundles a worker with the settings of `wrangler deploy`, minified: the edge, or the file at `entry`. No process of esbuild stays. */
export async function bundleWorker(
  entry = fileURLToPath(new URL("worker.ts", import.meta.url)),
): Promise<string> {
  const { outputFiles: [script] } = buildSync({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*"],
    write: false,
  });
  if (script === undefined) throw new TypeError("Cannot bundle the worker: esbuild wrote nothing");
  return script.text;
}
