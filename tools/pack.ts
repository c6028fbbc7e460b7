/**
 * `deno task pack`: writes the package that others install, as JavaScript with types: sources are TypeScript, which runs in
 * Deno, Node 24 and bundlers, but not in Node 20. `npm pack` or `npm publish` in a written folder does the rest.
 */
import { dirname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { runCommand } from "./run_command.ts";

const ROOT = resolve(import.meta.dirname ?? ".", "..");
const PACKAGE = "client";
/** A package that is not published, whose modules are packed along. */
const INNER = "gcs";
const HELP = `Usage: deno task pack [--out DIR]

Writes @tintype/client as JavaScript with types into DIR/client (default: .tintype/packages).
`;

/** The fields of a package.json that a published one has. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly type: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { out: { type: "string" }, help: { type: "boolean", default: false } },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const out = resolve(values.out ?? join(ROOT, ".tintype/packages"));
  const compiled = await compile(out);
  if (compiled !== 0) return compiled;
  await packInner(out);
  await writeManifest(out);
  return 0;
}

async function compile(out: string): Promise<number> {
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
  const { code, output } = await runCommand([
    join(ROOT, "node_modules/.bin/tsc"),
    "--project",
    config,
  ]);
  await Deno.remove(config);
  if (code !== 0) console.error(output);
  return code === 0 ? 0 : 1;
}

/** Moves the inner package into the packed one, and makes its imports relative. */
async function packInner(out: string): Promise<void> {
  const folder = join(out, PACKAGE);
  await Deno.rename(join(out, INNER), join(folder, INNER));
  for await (const path of filesIn(folder)) {
    const text = await Deno.readTextFile(path);
    const packed = text.replace(
      new RegExp(`"@tintype/${INNER}/(\\w+)"`, "g"),
      (_, name: string) => {
        return `"./${relative(dirname(path), join(folder, INNER, `${name}.js`))}"`;
      },
    );
    if (packed !== text) await Deno.writeTextFile(path, packed);
  }
}

async function* filesIn(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* filesIn(path);
    else yield path;
  }
}

async function writeManifest(out: string): Promise<void> {
  const text = await Deno.readTextFile(join(ROOT, PACKAGE, "package.json"));
  const { name: own, version, type, ...rest }: Manifest = JSON.parse(text);
  const { peerDependencies, peerDependenciesMeta } = rest;
  const { [`@tintype/${INNER}`]: _, ...dependencies } = rest.dependencies ?? {};
  const exports = { "./*": { types: "./*.d.ts", default: "./*.js" } };
  const engines = { node: ">=20" };
  const published = { exports, engines, dependencies, peerDependencies, peerDependenciesMeta };
  const manifest = { name: own, version, type, ...published };
  const path = join(out, PACKAGE, "package.json");
  await Deno.writeTextFile(path, `${JSON.stringify(manifest, null, 2)}\n`);
  console.log(`${own} ${version} in ${join(out, PACKAGE)}`);
}

try {
  Deno.exit(await main(Deno.args));
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  console.error(error.message); // parseArgs names the wrong flag
  Deno.exit(2);
}
