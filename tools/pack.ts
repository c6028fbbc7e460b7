/**
 * `deno task pack`: writes the package that others install, as JavaScript with types: sources are TypeScript, which runs in
 * Deno, Node 24 and bundlers, but not in Node 20. `npm pack` or `npm publish` in a written folder does the rest.
 */
import { globSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { defineCommand } from "@tintype/cli/command";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { runCommand } from "./run_command.ts";

const ROOT = resolve(import.meta.dirname ?? ".", "..");
const PACKAGE = "client";
/** A package that is not published, whose modules are packed along. */
const INNER = "gcs";
const PACK = defineCommand({
  name: "pack",
  summary: "Writes @tintype/client as JavaScript with types.",
  flags: {
    "out DIR": { about: "folder that gets the folder client", default: ".tintype/packages" },
  },
});

/** The fields of a package.json that decide what a published one has. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly type: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: unknown;
  readonly peerDependenciesMeta?: unknown;
}

async function compile(out: string): Promise<boolean> {
  await Deno.mkdir(out, { recursive: true });
  const config = join(out, "tsconfig.json");
  const options = {
    extends: join(ROOT, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      rewriteRelativeImportExtensions: true,
      rootDir: ROOT,
      outDir: out,
      typeRoots: [join(ROOT, "node_modules/@types")],
      // As a source of ours, so that it is compiled too.
      paths: { [`@tintype/${INNER}/*`]: [join(ROOT, INNER, "*.ts")] },
    },
    include: [join(ROOT, PACKAGE, "**/*.ts")],
    exclude: ["**/*_test.ts", "**/*_testing.ts", "**/*_fixture.ts", "**/command/**"]
      .map((pattern) => join(ROOT, pattern)),
  };
  await Deno.writeTextFile(config, JSON.stringify(options, null, 2));
  const tsc = join(ROOT, "node_modules/.bin/tsc");
  const { code, output } = await runCommand([tsc, "--project", config]);
  await Deno.remove(config);
  if (code !== 0) console.error(output);
  return code === 0;
}

/** Moves the inner package into the packed one, and makes its imports relative. */
async function packInner(out: string): Promise<void> {
  const folder = join(out, PACKAGE);
  await Deno.rename(join(out, INNER), join(folder, INNER));
  for (const file of globSync("**/*.{js,ts}", { cwd: folder })) {
    const path = join(folder, file);
    const text = await Deno.readTextFile(path);
    const packed = text.replace(
      new RegExp(`"@tintype/${INNER}/(\\w+)"`, "g"),
      (_, name: string) => `"./${relative(dirname(path), join(folder, INNER, `${name}.js`))}"`,
    );
    if (packed !== text) await Deno.writeTextFile(path, packed);
  }
}

async function writeManifest(out: string): Promise<void> {
  const text = await Deno.readTextFile(join(ROOT, PACKAGE, "package.json"));
  const { name: own, version, type, ...rest }: Manifest = JSON.parse(text);
  const { peerDependencies, peerDependenciesMeta } = rest;
  const { [`@tintype/${INNER}`]: _, ...dependencies } = rest.dependencies ?? {};
  const exports = Object.fromEntries(
    Object.entries(rest.exports).map(([path, file]) => {
      const [types, script] = ["d.ts", "js"].map((ending) => file.replace(/ts$/, ending));
      return [path, { types, default: script }];
    }),
  );
  const engines = { node: ">=20" };
  const published = { exports, engines, dependencies, peerDependencies, peerDependenciesMeta };
  const manifest = { name: own, version, type, ...published };
  const path = join(out, PACKAGE, "package.json");
  await Deno.writeTextFile(path, `${JSON.stringify(manifest, null, 2)}\n`);
  console.log(`${own} ${version} in ${join(out, PACKAGE)}`);
}

await runMain(PACK, async (call) => {
  const out = resolve(ROOT, call.out);
  if (!await compile(out)) return EXIT.failed;
  await packInner(out);
  await writeManifest(out);
});
