/**
 * The dashboard at `/`: `dashboard_files` serves the page, its scripts with their types stripped, and the libraries
 * out of node_modules; `dashboard_data` runs the views; the folder `page` is what runs in the browser.
 */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire, stripTypeScriptTypes } from "node:module";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

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

const PAGE = fileURLToPath(new URL("page/", import.meta.url));

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
  const { resolve } = createRequire(import.meta.url);
  const libraries = [
    join(dirname(resolve("chart.js")), "chart.umd.min.js"),
    join(dirname(resolve("lit-html")), "../lit-html.js"), // not Node's form of it
  ];
  const paths = [...readdirSync(PAGE).map((name) => join(PAGE, name)), ...libraries];
  return new Map(paths.map((path) => {
    const extension = extname(path);
    const contentType = CONTENT_TYPES[extension] ?? "application/octet-stream";
    const text = readFileSync(path, "utf8");
    return [`/dashboard/${basename(path)}`, {
      contentType,
      text: extension === ".ts" ? browserScript(text) : text,
    }];
  }));
}

/** Without types, and with the address of the library that it names. */
function browserScript(text: string): string {
  return stripTypeScriptTypes(text).replaceAll('from "lit-html"', 'from "./lit-html.js"');
}
