/**
 * Builds the upload page into `.tintype/page`: esbuild bundles `main.ts` and `styles/page.css` under names that hold a
 * hash of their content, `index.html` and the service worker get those names, the document of the API that `/docs` shows
 * lies beside them, and what is not of this build is taken out.
 * The local edge runs it before it starts the worker, wrangler before it deploys it (`[build]` in wrangler.toml).
 */
import { build, type BuildOptions, type OutputFile } from "esbuild";
import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PAGE = fileURLToPath(new URL(".", import.meta.url));
const OUT = join(PAGE, "../.tintype/page");
/** Where the browser finds everything but the page itself. */
const FOLDER = "page";
const OPTIONS = {
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022", "safari16.4"],
  legalComments: "none",
  logLevel: "warning",
  write: false,
} as const satisfies BuildOptions;

const files = [
  ...await bundle("main.ts", "styles/page.css"),
  ...await bundle("api_docs.ts", "styles/api_docs.css"),
  await iconFile(),
];
const names = files.map(({ path }) => basename(path));
await writeAll(
  new Map([
    ["index.html", await namedIn("index.html", names)],
    ["docs.html", await namedIn("api_docs.html", names)],
    ["manifest.webmanifest", await namedIn("manifest.webmanifest", names)],
    ["service_worker.js", await serviceWorker(names)],
    ["openapi.json", await readFile(join(PAGE, "../edge/openapi.json"))],
    ...files.map(({ path, contents }) => [join(FOLDER, basename(path)), contents] as const),
  ]),
);

/** Bundles entries that share nothing with those of another call. */
async function bundle(
  ...entries: readonly string[]
): Promise<Pick<OutputFile, "path" | "contents">[]> {
  const { outputFiles } = await build({
    entryPoints: entries.map((path) => join(PAGE, path)),
    outdir: join(OUT, FOLDER),
    entryNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    loader: { ".woff2": "file", ".svg": "file" },
    publicPath: `/${FOLDER}`,
    ...OPTIONS,
    // What few people need is loaded when they do.
    splitting: true,
    chunkNames: "[name]-[hash]",
  });
  return outputFiles;
}

/** The worker that keeps the page's files; one of another build has other bytes, so browsers take it. */
async function serviceWorker(names: readonly string[]): Promise<Uint8Array> {
  const own = names.filter((name) => !name.startsWith("api_docs")).sort();
  const shell = ["/", "/config.json", ...own.map((name) => `/${FOLDER}/${name}`)];
  const version = createHash("sha256").update(shell.join()).digest("hex").slice(0, 16);
  const { outputFiles } = await build({
    ...OPTIONS,
    entryPoints: [join(PAGE, "service_worker.ts")],
    define: { SHELL: JSON.stringify(shell), VERSION: JSON.stringify(version) },
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error("Cannot build service worker: esbuild made no file");
  return file.contents;
}

async function iconFile(): Promise<Pick<OutputFile, "path" | "contents">> {
  const contents = await readFile(join(PAGE, "icon.svg"));
  const hash = createHash("sha256").update(contents).digest("hex").slice(0, 8).toUpperCase();
  return { path: `icon-${hash}.svg`, contents };
}

/** A text with the names that the bundler has given; throws Error where one of them is missing. */
async function namedIn(file: string, names: readonly string[]): Promise<Uint8Array> {
  const text = await readFile(join(PAGE, file), "utf8");
  const named = text.replaceAll(
    /\{\{([\w-]+)\.(\w+)\}\}/g,
    (_, stem: string, extension: string) => {
      const name = names.find((each) => each.startsWith(stem) && each.endsWith(`.${extension}`));
      if (name === undefined) {
        throw new Error(`Cannot build page: ${stem}.${extension} is missing`);
      }
      return `/${FOLDER}/${name}`;
    },
  );
  return new TextEncoder().encode(named);
}

/** Puts each file there whole, so that whoever serves the folder at the same time never sees half of one. */
async function writeAll(contents: ReadonlyMap<string, Uint8Array>): Promise<void> {
  await mkdir(join(OUT, FOLDER), { recursive: true });
  for (const [name, bytes] of contents) await writeChanged(join(OUT, name), bytes);
  for (const name of await readdir(join(OUT, FOLDER))) {
    const isOurs = contents.has(join(FOLDER, name)) || name.startsWith(".");
    if (!isOurs) await rm(join(OUT, FOLDER, name), { force: true });
  }
}

async function writeChanged(path: string, bytes: Uint8Array): Promise<void> {
  const old = await readFile(path).catch(() => undefined);
  if (old !== undefined && old.equals(bytes)) return;
  const part = join(dirname(path), `.${randomUUID()}`);
  await writeFile(part, bytes);
  await rename(part, path);
}
