/** Finds what documents promise and the repository does not hold: files, headings, tasks. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const LINK = /\[[^\]]*\]\(([^()\s]+(?:\([^()\s]*\))?[^()\s]*)\)/g;
/** A path of ours in code marks: at least one folder, and an ending that files here have. */
const CODE_PATH = /`((?:[\w.-]+\/)+[\w.-]+\.(?:ts|json|sql|md|tf|toml|drawio|yml))`/g;
const TASK = /npx deno task ([a-z][a-z:_-]*)/g;

/** What is wrong with one document, as sentences; `path` is from `root`. */
export function findBrokenLinks(root: string, path: string): string[] {
  const text = withoutFences(readFileSync(join(root, path), "utf8"));
  return [
    ...all(text, LINK).flatMap((target) => problemOf(root, path, target)),
    ...all(text, CODE_PATH).filter((file) => isOurs(root, file) && !existsSync(join(root, file)))
      .map((file) => `${path} names ${file}, which is not there`),
    ...unknownTasks(root, path),
  ];
}

/** A path that begins elsewhere is resolved from the folder that the text speaks of. */
function isOurs(root: string, file: string): boolean {
  return existsSync(join(root, file.split("/", 1)[0] ?? ""));
}

function problemOf(root: string, path: string, target: string): string[] {
  if (/^[a-z]+:/.test(target)) return [];
  const [file = "", anchor] = target.split("#", 2);
  const linked = file === "" ? path : normalize(join(dirname(path), decodeURIComponent(file)));
  if (linked.startsWith("..") || !existsSync(join(root, linked))) {
    return [`${path} links to ${target}, which is not there`];
  }
  if (anchor === undefined || !linked.endsWith(".md")) return [];
  return anchorsOf(readFileSync(join(root, linked), "utf8")).has(anchor)
    ? []
    : [`${path} links to ${target}, which has no such heading`];
}

/** Anchors as GitHub makes them of headings: lower case, no punctuation, hyphens for spaces. */
function anchorsOf(text: string): Set<string> {
  const headings = all(withoutFences(text), /^#{1,6} +(.+)$/gm);
  return new Set(
    headings.map((heading) =>
      heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").trim().replaceAll(" ", "-")
    ),
  );
}

function unknownTasks(root: string, path: string): string[] {
  const { tasks }: { tasks: Record<string, string> } = JSON.parse(
    readFileSync(join(root, "deno.json"), "utf8"),
  );
  const named = new Set(all(readFileSync(join(root, path), "utf8"), TASK));
  return [...named].filter((task) => !Object.hasOwn(tasks, task))
    .map((task) => `${path} names the task ${task}, which is not there`);
}

function withoutFences(text: string): string {
  return text.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, "");
}

function all(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].flatMap(([, found]) => found === undefined ? [] : [found]);
}
