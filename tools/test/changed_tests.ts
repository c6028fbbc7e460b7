/**
 * Which tests a change can break, for `deno task test --changed`. A file leans on every file whose name stands in it:
 * imports, programs that it starts, documents that it reads. Where names cannot tell, more tests run.
 */
import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { WORKSPACE_FOLDERS } from "../lint/import_table.ts";

/** Path from the root → text of a file. */
export type Sources = ReadonlyMap<string, string>;

const BRANCHES = ["@{upstream}", "origin/main", "main"];
/** Files whose text is searched for names. */
const SEARCHED = /\.ts$|^wrangler\.toml$/;
const TASKS = "deno.json";
/** A path with an ending; `${…}` stands for any word. */
const PATH = /(?:[\w@./-]|\$\{[\w.]+\})+\.[a-z]+\b/g;
const MODULE = /(@tintype\/[\w-]+)\/([\w./-]+)/g;
/** Folders of documents and data that tests list instead of naming each file, and the folders of those tests. */
const LISTED_BY: Readonly<Record<string, readonly string[]>> = {
  "docs": ["infra", "local", "tools", "tests/client_"],
};
/** Folders with end-to-end tests, which start everything. */
const END_TO_END = ["local", "tests"];

/** The files that differ from the branch's beginning, uncommitted ones included. */
export function changedFiles(root: string): string[] {
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: "pipe" }).trim();
  const base = BRANCHES.map((branch) => {
    try {
      return git("merge-base", "HEAD", branch);
    } catch {
      return undefined; // there is no such branch
    }
  }).find((commit) => commit !== undefined);
  const changed = git("diff", "--name-only", base ?? "HEAD");
  const added = git("ls-files", "--others", "--exclude-standard");
  return `${changed}\n${added}`.split("\n").filter((path) => path !== "");
}

/** The texts of the files of the repository at `root`; those that are not searched are empty. */
export function readSources(root: string): Sources {
  const exclude = ["**/node_modules/**", "**/.*/**"];
  const paths = globSync("**/*.*", { cwd: root, exclude });
  const textOf = (path: string) => isRead(path) ? readFileSync(join(root, path), "utf8") : "";
  return new Map(paths.map((path) => [path, textOf(path)]));
}

function isRead(path: string): boolean {
  return SEARCHED.test(path) || path === TASKS;
}

/** The test files that lean on one of the changed files, directly or by others. */
export function testsOf(changed: readonly string[], sources: Sources): Set<string> {
  const users = usersOf(sources);
  const reached = new Set(changed);
  for (const path of reached) for (const user of users.get(path) ?? []) reached.add(user);
  const folders = changed.filter((path) => !path.endsWith(".ts") || !sources.has(path))
    .flatMap(foldersOf);
  const isTest = (path: string) => path.endsWith("_test.ts");
  const isListed = (path: string) => folders.some((folder) => path.startsWith(folder));
  return new Set(
    [...sources.keys()].filter((path) => isTest(path) && (reached.has(path) || isListed(path))),
  );
}

/** Whose tests run for a file that is no source, or is gone; "" is every folder. */
function foldersOf(path: string): readonly string[] {
  const [top = "", ...rest] = path.split("/");
  if (path.endsWith(".md")) return LISTED_BY["docs"] ?? [];
  return rest.length === 0 ? [""] : LISTED_BY[top] ?? [`${top}/`, ...END_TO_END];
}

/** File → the files in whose text its name stands. */
function usersOf(sources: Sources): Map<string, Set<string>> {
  const users = new Map<string, Set<string>>();
  const paths = [...sources.keys()];
  const tasks = tasksOf(sources.get(TASKS));
  for (const [user, text] of sources) {
    if (user === TASKS) continue; // whoever starts a task leans on its program alone
    const names = [...namesIn(text), ...programsIn(text, tasks)];
    for (const name of new Set(names.flatMap((each) => [each, posix.join(dirname(user), each)]))) {
      const found = name.includes("${")
        ? paths.filter(matcherOf(name))
        : sources.has(name)
        ? [name]
        : [];
      for (const path of found) users.set(path, (users.get(path) ?? new Set()).add(user));
    }
  }
  return users;
}

function namesIn(text: string): string[] {
  const modules = [...text.matchAll(MODULE)].map(([, name = "", path = ""]) => {
    const folder = WORKSPACE_FOLDERS[name] ?? name;
    return path.endsWith(".json") ? `${folder}/${path}` : `${folder}/${path}.ts`;
  });
  // wrangler reads its file unasked.
  const unasked = text.includes("wrangler") ? ["wrangler.toml"] : [];
  return [...text.match(PATH) ?? [], ...modules, ...unasked];
}

/** The programs of the tasks that a text starts. */
function programsIn(text: string, tasks: ReadonlyMap<string, string>): string[] {
  if (!text.includes('"task"')) return [];
  return [...tasks].filter(([name]) => text.includes(`"${name}"`))
    .flatMap(([, command]) => command.match(PATH) ?? []);
}

function tasksOf(text = '{ "tasks": {} }'): ReadonlyMap<string, string> {
  const { tasks }: { tasks: Record<string, { command: string }> } = JSON.parse(text);
  return new Map(Object.entries(tasks).map(([name, { command }]) => [name, command]));
}

function matcherOf(name: string): (path: string) => boolean {
  const pattern = name.split(/\$\{[\w.]+\}/).map((part) => RegExp.escape(part)).join("[^/]+");
  const whole = new RegExp(`^${pattern}$`);
  return (path) => whole.test(path);
}
