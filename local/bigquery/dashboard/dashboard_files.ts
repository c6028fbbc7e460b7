/**
 * The dashboard at `/`: `dashboard_files` serves the page, its scripts with their types stripped, and the chart library
 * out of node_modules; `dashboard_data` runs the views; the folder `page` is what runs in the browser.
 */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire, stripTypeScriptTypes } from "node:module";
import { dirname, extname, join } from "node:path";

/** A file as the browser gets it. */
interface DashboardFile {
  readonly contentType: string;
  readonly text: string;
}

/** Headers of every file of the dashboard: nothing is loaded from, or sent to, anywhere else. */
export const DASHBOARD_HEADERS = {
  "Content-Security-Policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-store",
} as const;

const PAGE = new URL("page/", import.meta.url);
const CHART_LIBRARY = "chart.umd.min.js";

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".js": "text/javascript; charset=utf-8",
  ".ts": "text/javascript; charset=utf-8",
};

let files: ReadonlyMap<string, DashboardFile> | undefined;

/** The file at a path, or undefined where there is none; they are read once, when the first is asked for. */
export function findDashboardFile(pathname: string): DashboardFile | undefined {
  if (pathname !== "/" && !pathname.startsWith("/dashboard/")) return undefined;
  files ??= readFiles();
  return files.get(pathname === "/" ? "/dashboard/index.html" : pathname);
}

function readFiles(): ReadonlyMap<string, DashboardFile> {
  const library = dirname(createRequire(import.meta.url).resolve("chart.js"));
  const own = readdirSync(PAGE).map((name) =>
    [name, readFileSync(new URL(name, PAGE), "utf8")] as const
  );
  const chart = [CHART_LIBRARY, readFileSync(join(library, CHART_LIBRARY), "utf8")] as const;
  return new Map([...own, chart].map(([name, text]) => {
    const extension = extname(name);
    const contentType = CONTENT_TYPES[extension] ?? "application/octet-stream";
    const sent = extension === ".ts" ? stripTypeScriptTypes(text) : text;
    return [`/dashboard/${name}`, { contentType, text: sent }];
  }));
}
