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

/** Names the first failure and ends Node's runner, as `--fail-fast` does Deno's. */
const FAIL_FAST =
  'data:text/javascript,export default async function*(events){for await(const{type,data}of events)if(type==="test:fail"){yield data.name;process.exit(1)}}';
/** Tests that take a minute to notice what others notice. */
const SLOW = /_interleavings_test\.ts$/;
const FLAGS = { node: [`--test-reporter=${FAIL_FAST}`], deno: ["--fail-fast"], check: [] };

/** Prepares a copy of `root` for the tests of `folder`, a package. Throws where a test fails without a mutant. */
export async function prepareTrial(root: string, folder: string, { path, signal }: TryOptions) {
  const suite = suiteOf(folder);
  const files = suitesOf(suite).flatMap((each) => testFilesOf(each, listTestFiles(root)))
    .filter((file) => file.startsWith(`${folder}/`) && !SLOW.test(file));
  const sources = new Map([...readSources(root)].filter(([file]) => file.startsWith(`${folder}/`)));
  const copy = copyTree(root);
  const env = { ...suiteEnvironment(copy, path), NODE_COMPILE_CACHE: join(copy, "../cache") };
  const passes = async (tests: readonly string[], limitMs?: number) => {
    const command = commandOf(suite, tests, copy, FLAGS[suite.runtime]);
    return await runCommand(command, { cwd: copy, env: { ...env, ...suite.env }, limitMs, signal });
  };
  const remove = () => rmSync(dirname(copy), { recursive: true, force: true });
  const { code, output, elapsedMs } = await passes(files);
  if (code !== 0) {
    remove();
    throw new Error(`Cannot mutate ${folder}: its tests fail without a mutant\n${output}`);
  }
  return {
    remove,
    /** Whether a test fails, or hangs, because of the mutant. */
    async isNoticed({ file, text }: Mutant): Promise<boolean> {
      writeFileSync(join(copy, file), text);
      try {
        for (const tests of nearestFirst(file, files, sources)) {
          const limitMs = 2 * elapsedMs + 10_000;
          if (tests.length > 0 && (await passes(tests, limitMs)).code !== 0) return true;
        }
        return false;
      } finally {
        writeFileSync(join(copy, file), sources.get(file) ?? "");
      }
    },
  };
}

/** The suite that runs the whole package, on Node where two runtimes do. */
function suiteOf(folder: string): Suite {
  const [top = ""] = folder.split("/", 1);
  const suites = SUITES.filter(({ folders }) => folders.includes(top));
  const suite = suites.find(({ runtime }) => runtime === "node") ?? suites[0];
  if (suite === undefined) throw new Error(`Cannot mutate ${folder}: no suite tests it`);
  return suite;
}

/** The suite, and those of its folders that need nothing more than a runtime: it can run their files too. */
function suitesOf(suite: Suite): Suite[] {
  const isInside = ({ folders, needs }: Suite) =>
    needs === "no permission" &&
    folders.every((folder) => suite.folders.some((outer) => folder.startsWith(`${outer}/`)));
  return [suite, ...SUITES.filter(isInside)];
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
