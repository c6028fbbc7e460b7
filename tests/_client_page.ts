/** Scripts of people who use the client, bundled as they would, and a page of theirs that sends to an edge. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions } from "esbuild";
import type { BrowserContext, Page } from "playwright-core";
import { PAGE_ORIGIN } from "./_edge.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PATIENCE_MS = 60_000;

/** Bundles a script that lies beside the client's plugin for Uppy. */
export async function bundle(contents: string, options: BuildOptions = {}): Promise<string> {
  const stdin = { contents, resolveDir: join(ROOT, "client/uppy"), loader: "tsx" as const };
  const { outputFiles = [] } = await build({
    ...{ stdin, bundle: true, format: "esm", write: false, logLevel: "error" },
    ...options,
  });
  return outputFiles[0]?.text ?? "";
}

/** Opens a page of {@link PAGE_ORIGIN} that has a place for Uppy, the style, and runs the bundled script. */
export async function openClientPage(
  context: BrowserContext,
  { script, style = "" }: { readonly script: string; readonly style?: string },
): Promise<Page> {
  const html = `<!doctype html><title>Client</title><style>${style}</style><div id=uppy></div>` +
    '<script type="module" src="/page.js"></script>';
  await context.route(`${PAGE_ORIGIN}/**`, (route) =>
    route.fulfill(
      new URL(route.request().url()).pathname === "/page.js"
        ? { contentType: "text/javascript", body: script }
        : { contentType: "text/html", body: html },
    ));
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(PAGE_ORIGIN);
  return page;
}
