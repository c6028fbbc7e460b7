/**
 * `deno task pack`: writes the package that others install, as JavaScript with types: sources are TypeScript, which runs in
 * Deno, Node 24 and bundlers, but not in Node 20. `npm publish` of the tarball does the rest.
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
  summary: "Writes @tintype/client as JavaScript with types, and as the tarball that is published.",
  flags: {
    "out DIR": {
      about: "folder that gets the folder client and the tarball",
      default: ".tintype/packages",
    },
    "repository OWNER/NAME": {
      about: "the repository at GitHub that the package names as its own",
    },
  },
});

/** Files beside the code that the package has. */
const DOCUMENTS = ["README.md", "CHANGELOG.md"];

/** The fields of a package.json that decide what a published one has. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly private?: boolean;
  readonly devDependencies?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
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
    exclude: [
      "**/*_test.ts",
      "**/*_testing.ts",
      "**/*_fixture.ts",
      "**/command/**",
      "**/testing/**",
    ]
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
    // TypeScript before 5.7 knows no other kind of bytes.
    const plain = file.endsWith(".d.ts")
      ? packed.replaceAll("Uint8Array<ArrayBuffer>", "Uint8Array")
      : packed;
    if (plain !== text) await Deno.writeTextFile(path, plain);
  }
}

async function writeManifest(out: string, slug: string | undefined): Promise<void> {
  const text = await Deno.readTextFile(join(ROOT, PACKAGE, "package.json"));
  const { private: _private, devDependencies: _dev, ...manifest }: Manifest = JSON.parse(text);
  const { [`@tintype/${INNER}`]: _, ...dependencies } = manifest.dependencies ?? {};
  const exports = Object.fromEntries(
    // The pattern is for the project's own packages.
    Object.entries(manifest.exports).filter(([path]) => !path.includes("*"))
      .map(([path, file]) => [path, {
        types: file.replace(/ts$/, "d.ts"),
        default: file.replace(/ts$/, "js"),
      }]),
  );
  const url = `git+https://github.com/${slug}.git`;
  const repository = { type: "git", url, directory: PACKAGE };
  const published = {
    ...{ ...manifest, exports, engines: { node: ">=20" }, dependencies },
    ...(slug === undefined ? {} : { repository }),
  };
  const path = join(out, PACKAGE, "package.json");
  await Deno.writeTextFile(path, `${JSON.stringify(published, null, 2)}\n`);
  for (const name of DOCUMENTS) {
    await Deno.copyFile(join(ROOT, PACKAGE, name), join(out, PACKAGE, name));
  }
}

/** Writes the tarball that is published, beside the folder. */
async function packTarball(out: string): Promise<boolean> {
  const pack = ["npm", "pack", join(out, PACKAGE), "--pack-destination", out, "--silent"] as const;
  const { code, output } = await runCommand(pack);
  console.log(code === 0 ? join(out, output.trim()) : output);
  return code === 0;
}

await runMain(PACK, async (call) => {
  const out = resolve(ROOT, call.out);
  if (!await compile(out)) return EXIT.failed;
  await packInner(out);
  await writeManifest(out, call.repository);
  return await packTarball(out) ? EXIT.done : EXIT.failed;
});
