/**
 * Builds the upload page into `.tintype/page`: esbuild bundles `main.ts` and `styles/page.css` under names that hold a
 * hash of their content, `index.html` is told those names, the document of the API that `/docs` shows lies beside them,
 * and what is not of this build is taken out.
 * The local edge runs it before it starts the worker, wrangler before it deploys it (`[build]` in wrangler.toml).
 */
import { build, type OutputFile } from "esbuild";
import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PAGE = fileURLToPath(new URL(".", import.meta.url));
const OUT = join(PAGE, "../.tintype/page");
/** Where the browser finds everything but the page itself. */
const FOLDER = "page";

const files = [...await bundle(), await iconFile()];
const names = files.map(({ path }) => basename(path));
await writeAll(
  new Map([
    ["index.html", await htmlOf("index.html", names)],
    ["docs.html", await htmlOf("api_docs.html", names)],
    ["openapi.json", await readFile(join(PAGE, "../edge/openapi.json"))],
    ...files.map(({ path, contents }) => [join(FOLDER, basename(path)), contents] as const),
  ]),
);

async function bundle(): Promise<Pick<OutputFile, "path" | "contents">[]> {
  const { outputFiles } = await build({
    entryPoints: ["main.ts", "styles/page.css", "api_docs.ts", "styles/api_docs.css"]
      .map((path) => join(PAGE, path)),
    outdir: join(OUT, FOLDER),
    entryNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    loader: { ".woff2": "file", ".svg": "file" },
    publicPath: `/${FOLDER}`,
    bundle: true,
    minify: true,
    format: "esm",
    target: ["es2022", "safari16.4"],
    legalComments: "none",
    logLevel: "warning",
    write: false,
  });
  return outputFiles;
}

async function iconFile(): Promise<Pick<OutputFile, "path" | "contents">> {
  const contents = await readFile(join(PAGE, "icon.svg"));
  const hash = createHash("sha256").update(contents).digest("hex").slice(0, 8).toUpperCase();
  return { path: `icon-${hash}.svg`, contents };
}

/** A page with the names that the bundler has given; throws Error where one of them is missing. */
async function htmlOf(file: string, names: readonly string[]): Promise<Uint8Array> {
  const html = await readFile(join(PAGE, file), "utf8");
  const named = html.replaceAll(
    /\{\{([\w-]+)\.(\w+)\}\}/g,
    (_, stem: string, extension: string) => {
      const name = names.find((each) => each.startsWith(stem) && each.endsWith(`.${extension}`));
      if (name === undefined) {
        throw new Error(`Cannot build page as ${stem}.${extension} is missing`);
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
