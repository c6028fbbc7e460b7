/**
 * `deno task pack`: writes the packages that others install, as JavaScript with types: sources are TypeScript, which runs in
 * Deno, Node 24 and bundlers, but not in Node 20. `npm pack` or `npm publish` in a written folder does the rest.
 */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { runCommand } from "./run_command.ts";

const ROOT = resolve(import.meta.dirname ?? ".", "..");
const PACKAGES = ["client", "uppy"] as const;
const HELP = `Usage: deno task pack [--out DIR]

Writes @tintype/client and @tintype/uppy as JavaScript with types into DIR/client
and DIR/uppy (default: .tintype/packages).
`;

/** The fields of a package.json that a published one has. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly type: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
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
  for (const name of PACKAGES) await writeManifest(name, out);
  return 0;
}

/** Both in one run, as one imports the other. */
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
    },
    include: PACKAGES.map((name) => join(ROOT, name, "**/*.ts")),
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

async function writeManifest(name: string, out: string): Promise<void> {
  const text = await Deno.readTextFile(join(ROOT, name, "package.json"));
  const { name: own, version, type, ...rest }: Manifest = JSON.parse(text);
  const { dependencies, peerDependencies } = rest;
  const exports = { "./*": { types: "./*.d.ts", default: "./*.js" } };
  const engines = { node: ">=20" };
  const manifest = { name: own, version, type, exports, engines, dependencies, peerDependencies };
  const path = join(out, name, "package.json");
  await Deno.writeTextFile(path, `${JSON.stringify(manifest, null, 2)}\n`);
  console.log(`${own} ${version} in ${join(out, name)}`);
}

try {
  Deno.exit(await main(Deno.args));
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  console.error(error.message); // parseArgs names the wrong flag
  Deno.exit(2);
}
