/** Runs a package's tests against mutants of its files, the nearest tests first, until one fails. */
import { rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { runCommand } from "../run_command.ts";
import { readSources, type Sources, testsOf } from "../test/changed_tests.ts";
import { commandOf, suiteEnvironment } from "../test/run_suite.ts";
import { listTestFiles, type Suite, SUITES, testFilesOf } from "../test/suites.ts";
import type { Mutant } from "./mutants.ts";
import { copyTree } from "./tree_copy.ts";

/** What a run may take from its surroundings. */
export interface TryOptions {
  readonly path?: string | undefined;
  readonly signal: AbortSignal;
}

/** Ends Node's runner at the first failure, as `--fail-fast` does Deno's. */
const FAIL_FAST =
  'data:text/javascript,export default async function*(events){for await(const{type}of events)if(type==="test:fail")process.exit(1)}';
const FLAGS = { node: [`--test-reporter=${FAIL_FAST}`], deno: ["--fail-fast"], check: [] };

/** Prepares a copy of `root` for the tests of `folder`, a package. Throws where a test fails without a mutant. */
export async function prepareTrial(root: string, folder: string, { path, signal }: TryOptions) {
  const sources = new Map([...readSources(root)].filter(([file]) => file.startsWith(`${folder}/`)));
  const copy = copyTree(root);
  const env = { ...suiteEnvironment(copy, path), NODE_COMPILE_CACHE: join(copy, "../cache") };
  const run = async (suite: Suite, tests: readonly string[], limitMs?: number) => {
    const command = commandOf(suite, tests, copy, FLAGS[suite.runtime]);
    return await runCommand(command, { cwd: copy, env: { ...env, ...suite.env }, limitMs, signal });
  };
  const remove = () => rmSync(dirname(copy), { recursive: true, force: true });
  const suites = new Map<string, { files: readonly string[]; elapsedMs: number }>();
  for (const suite of new Set([...sources.keys()].flatMap(suitesOf))) {
    const files = testFilesOf(suite, listTestFiles(root))
      .filter((file) => file.startsWith(`${folder}/`));
    if (files.length === 0) continue;
    const { code, output, elapsedMs } = await run(suite, files);
    if (code !== 0) {
      remove();
      throw new Error(`Cannot mutate ${folder}: its tests fail without a mutant\n${output}`);
    }
    suites.set(suite.name, { files, elapsedMs });
  }
  return {
    remove,
    /** Whether a test fails, or hangs, because of the mutant. */
    async isNoticed({ file, text }: Mutant): Promise<boolean> {
      writeFileSync(join(copy, file), text);
      try {
        for (const suite of suitesOf(file)) {
          const { files = [], elapsedMs = 0 } = suites.get(suite.name) ?? {};
          for (const tests of nearestFirst(file, files, sources)) {
            const limitMs = 2 * elapsedMs + 10_000;
            if (tests.length > 0 && (await run(suite, tests, limitMs)).code !== 0) return true;
          }
        }
        return false;
      } finally {
        writeFileSync(join(copy, file), sources.get(file) ?? "");
      }
    },
  };
}

/** The suite that names the longest beginning of the file's path, and that of its package; on Node where two runtimes do. */
function suitesOf(file: string): Suite[] {
  const suites = SUITES.flatMap((suite) =>
    suite.folders.filter((folder) => file.startsWith(`${folder}/`)).map((folder) => ({
      suite,
      length: folder.length,
      isNode: suite.runtime === "node",
    }))
  ).sort((a, b) => b.length - a.length || Number(b.isNode) - Number(a.isNode));
  const lengths = suites.map(({ length }) => length);
  return suites.filter(({ length }, at) => lengths.indexOf(length) === at)
    .map(({ suite }) => suite);
}

/** The tests that lean on `file`: its own, those of its folder, the others. */
function nearestFirst(file: string, files: readonly string[], sources: Sources): string[][] {
  const leaning = testsOf([file], sources);
  const own = file.replace(/\/_?([^/]+)\.ts$/, "/$1_test.ts");
  const ringOf = (test: string) =>
    test === own ? 0 : posix.dirname(test) === posix.dirname(file) ? 1 : 2;
  const rings = Object.groupBy(files.filter((test) => leaning.has(test)), ringOf);
  return [rings[0] ?? [], rings[1] ?? [], rings[2] ?? []];
}
