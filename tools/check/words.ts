/**
 * Checks that files and commit subjects use the project's one word for each concept. `words.json` lists the words that
 * are not used, what is written instead, and the exceptions: a file, or a commit's subject, and the reason.
 */
import { extname, join } from "node:path";
import { runCommand } from "../run_command.ts";

/** A word that is not used. */
export interface UnusedWord {
  /** A regular expression. */
  readonly pattern: string;
  /** What is written instead. */
  readonly write: string;
  /** A regular expression of what is allowed everywhere, such as a flag whose name is a contract. */
  readonly allowed?: string;
  /** Reasons by file. */
  readonly exceptions?: Readonly<Record<string, string>>;
}

/** The content of `words.json`. */
interface Words {
  readonly words: readonly UnusedWord[];
  /** Subjects of commits, which cannot be changed any more. */
  readonly subjects: readonly string[];
}

/** One text to look at: a file by its path, or a subject. */
export interface Text {
  readonly path: string;
  readonly lines: readonly string[];
}

const LIST = "tools/check/words.json";
/** Neither a person's text nor ours. */
const OTHERS = new Set([".svg", ".jpg", ".webp", ".heic", ".avif", ".lock", ".sum"]);
const OTHER_FILES = new Set([LIST, "package-lock.json"]);

/** Every use of such a word as `path:line: text`, and every exception that is not needed any more. */
export function findWords(words: readonly UnusedWord[], texts: readonly Text[]): string[] {
  return words.flatMap(({ pattern, write, allowed, exceptions = {} }) => {
    const unused = new Set(Object.keys(exceptions));
    const isUsed = new RegExp(pattern);
    const findings: string[] = [];
    for (const { path, lines } of texts) {
      for (const [at, line] of lines.entries()) {
        const own = allowed === undefined ? line : line.replaceAll(new RegExp(allowed, "g"), "");
        if (!isUsed.test(own)) continue;
        if (path in exceptions) unused.delete(path);
        else findings.push(`${path}:${at + 1}: write ${write}: ${line.trim()}`);
      }
    }
    const needless = [...unused].map((path) => `${LIST}: ${path} has no ${pattern} any more`);
    return [...findings, ...needless];
  });
}

/** Looks through the repository at `root`; returns what is to be changed, a line each. */
async function checkWords(root: string): Promise<string[]> {
  const { words, subjects }: Words = JSON.parse(await Deno.readTextFile(join(root, LIST)));
  const paths = (await linesOf(root, "git", "ls-files")).filter((path) =>
    !OTHERS.has(extname(path)) && !OTHER_FILES.has(path)
  );
  const texts = await Promise.all(paths.map(async (path) => {
    const text = await Deno.readTextFile(join(root, path)).catch(() => ""); // deleted, not committed yet
    return { path, lines: text.split("\n") };
  }));
  const known = new Set(subjects);
  const written = (await linesOf(root, "git", "log", "--format=%s"))
    .filter((subject) => !known.has(subject));
  return findWords(words, [...texts, { path: "commit subjects", lines: written }]);
}

async function linesOf(root: string, program: string, ...args: string[]): Promise<string[]> {
  const { code, output } = await runCommand([program, ...args], { cwd: root });
  if (code !== 0) throw new Error(`Cannot check words: ${program} ${args.join(" ")} failed`);
  return output.split("\n").filter((line) => line !== "");
}

if (import.meta.main) {
  const findings = await checkWords(Deno.cwd());
  for (const finding of findings) console.error(finding);
  if (findings.length > 0) {
    console.error(`${findings.length} words of ${LIST} are used: write the other one`);
    Deno.exit(1);
  }
}
