/** Runs a package's tests against mutants of its files, the nearest tests first, until one fails. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { runCommand } from "../run_command.ts";
import { readSources, type Sources, testsOf } from "../test/changed_tests.ts";
import { commandOf, suiteEnvironment } from "../test/run_suite.ts";
import { listTestFiles, type Suite, SUITES, testFilesOf } from "../test/suites.ts";
import { coverageFlags, type LineHits, mayRun, readLineHits } from "./line_hits.ts";
import type { Mutant } from "./mutants.ts";
import { copyTree } from "./tree_copy.ts";

/** What a run may take from its surroundings. */
export interface TryOptions {
  readonly path?: string | undefined;
  readonly signal: AbortSignal;
}

/** Names the first failure and ends Node's runner, as `--fail-fast` does Deno's. */
const FAIL_FAST =
  'data:text/javascript,export default async function*(events){for await(const{type,data}of events)if(type==="test:fail"){yield`${data.name}\n`;process.exit(1)}}';
/** Tests that take a minute to notice what others notice. */
const SLOW = /_interleavings_test\.ts$/;
const FLAGS = { node: [`--test-reporter=${FAIL_FAST}`], deno: ["--fail-fast"], check: [] };

/**
 * Prepares a copy of `root` for the tests of `folder`, a package, and finds which lines each test file runs. Throws where a
 * test fails without a mutant.
 */
export async function prepareTrial(root: string, folder: string, { path, signal }: TryOptions) {
  const sources = new Map([...readSources(root)].filter(([file]) => file.startsWith(`${folder}/`)));
  const copy = copyTree(root);
  const env = { ...suiteEnvironment(copy, path), NODE_COMPILE_CACHE: join(copy, "../cache") };
  const run = async (suite: Suite, tests: readonly string[], options: RunOptions) => {
    const command = commandOf(suite, tests, copy, options.flags ?? FLAGS[suite.runtime]);
    const { limitMs } = options;
    return await runCommand(command, { cwd: copy, env: { ...env, ...suite.env }, limitMs, signal });
  };
  const remove = () => rmSync(dirname(copy), { recursive: true, force: true });
  const trials: TestTrial[] = [];
  for (const suite of new Set([...sources.keys()].flatMap(suitesOf))) {
    for (const file of testFilesOf(suite, listTestFiles(root))) {
      if (!file.startsWith(`${folder}/`) || SLOW.test(file)) continue;
      const report = join(copy, "../coverage", String(trials.length));
      mkdirSync(report, { recursive: true });
      const flags = coverageFlags(suite, report);
      const { code, output, elapsedMs } = await run(suite, [file], { flags });
      if (code !== 0) {
        remove();
        throw new Error(`Cannot mutate ${folder}: ${file} fails without a mutant\n${output}`);
      }
      trials.push({ suite, file, elapsedMs, hits: readLineHits(report, copy) });
    }
  }
  return {
    remove,
    /** Whether a test fails, or hangs, because of the mutant. */
    async isNoticed(mutant: Mutant): Promise<boolean> {
      writeFileSync(join(copy, mutant.file), mutant.text);
      try {
        for (const { suite, file, elapsedMs } of nearestFirst(mutant, trials, sources)) {
          const { code } = await run(suite, [file], { limitMs: 2 * elapsedMs + 10_000 });
          if (code !== 0) return true;
        }
        return false;
      } finally {
        writeFileSync(join(copy, mutant.file), sources.get(mutant.file) ?? "");
      }
    },
  };
}

interface RunOptions {
  readonly flags?: readonly string[];
  readonly limitMs?: number;
}

/** A test file as it ran without a mutant. */
interface TestTrial {
  readonly suite: Suite;
  readonly file: string;
  readonly elapsedMs: number;
  readonly hits: LineHits;
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

/**
 * The tests that run the mutant's line: its file's own, those of its folder, the others, the quickest first. Where no
 * test of this process runs the file, all that lean on it: it may run in a process that a test starts.
 */
function nearestFirst(
  { file, line }: Mutant,
  trials: readonly TestTrial[],
  sources: Sources,
): TestTrial[] {
  const own = file.replace(/\/_?([^/]+)\.ts$/, "/$1_test.ts");
  const ringOf = (test: string) =>
    test === own ? 0 : posix.dirname(test) === posix.dirname(file) ? 1 : 2;
  const leaning = testsOf([file], sources);
  const isSeen = trials.some(({ hits }) => hits.has(file));
  return trials.filter(({ file: test, hits }) =>
    isSeen ? test === own || mayRun(hits, file, line) : leaning.has(test)
  ).sort((a, b) => ringOf(a.file) - ringOf(b.file) || a.elapsedMs - b.elapsedMs);
}
