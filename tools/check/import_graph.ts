/**
 * Reads which file imports what, for the checks that need to see the whole repository:
 * the source files are listed, `deno info --json` reads them as one graph,
 * and each file's imports come back as specifiers and, where they are files of ours, as paths.
 */
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** One import of a file. */
export interface FileImport {
  /** As it is written: `../errors.ts`, `hono/cors`, `@tintype/core/errors`. */
  readonly specifier: string;
  /** The imported file's path from the root, where it is a file of the repository. */
  readonly target: string | undefined;
  /** Whether the import is erased before the program runs. */
  readonly typeOnly: boolean;
}

/** Path from the root → the file's imports. */
export type ImportGraph = ReadonlyMap<string, readonly FileImport[]>;

interface Resolved {
  readonly specifier?: string;
}

interface InfoModule {
  readonly specifier: string;
  readonly error?: string;
  readonly dependencies?: readonly {
    readonly specifier: string;
    readonly code?: Resolved;
    readonly type?: Resolved;
  }[];
}

const SKIPPED_FOLDERS: readonly string[] = ["node_modules", "dist", "coverage"];

/** Every `.ts` file below `root`, as sorted paths from there; hidden folders and node_modules are left out. */
export function listSourceFiles(root: string, folder = ""): string[] {
  const found: string[] = [];
  for (const entry of Deno.readDirSync(join(root, folder))) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.name.startsWith(".") || SKIPPED_FOLDERS.includes(entry.name)) continue;
    if (entry.isDirectory) found.push(...listSourceFiles(root, path));
    if (entry.isFile && entry.name.endsWith(".ts")) found.push(path);
  }
  return found.sort();
}

/** The imports of every source file below `root`; throws Error with Deno's output where a file cannot be read or parsed. */
export async function readImportGraph(root: string): Promise<ImportGraph> {
  const files = listSourceFiles(root);
  const modules = await readModules(root, files);
  const graph = new Map<string, FileImport[]>();
  for (const module of modules) {
    const path = pathInside(root, module.specifier);
    if (path === undefined || !files.includes(path)) continue;
    if (module.error !== undefined) throw new Error(`Cannot read ${path}: ${module.error}`);
    graph.set(path, (module.dependencies ?? []).map((each) => readImport(root, each)));
  }
  return graph;
}

async function readModules(root: string, files: readonly string[]): Promise<InfoModule[]> {
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const imports = files.map((file) => pathToFileURL(join(root, file)).href);
    await Deno.writeTextFile(entry, imports.map((url) => `import "${url}";\n`).join(""));
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--config", join(root, "deno.json"), entry],
      cwd: root,
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    const info = JSON.parse(new TextDecoder().decode(stdout)) as { modules: InfoModule[] }; // deno info, version 1
    return info.modules;
  } finally {
    await Deno.remove(entry);
  }
}

function readImport(
  root: string,
  { specifier, code, type }: NonNullable<InfoModule["dependencies"]>[number],
): FileImport {
  const resolved = (code ?? type)?.specifier;
  return {
    specifier,
    target: resolved === undefined ? undefined : pathInside(root, resolved),
    typeOnly: code === undefined,
  };
}

function pathInside(root: string, url: string): string | undefined {
  if (!url.startsWith("file:")) return undefined;
  const path = relative(root, fileURLToPath(url)).replaceAll("\\", "/");
  const isOurs = !path.startsWith("..") && !path.split("/").includes("node_modules");
  return isOurs ? path : undefined;
}
