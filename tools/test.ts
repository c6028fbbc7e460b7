/**
 * `deno task test`: everything that proves Tintype, suite by suite.
 * One line for each suite as it ends, the whole output of those that fail, then the table,
 * each skipped test with its reason, and the counts alone on the last line.
 */
import { defineCommand } from "@tintype/cli/command";
import { someOf, wholeNumber } from "@tintype/cli/flag_values";
import { endOnInterrupt } from "@tintype/cli/interrupts";
import { EXIT, runMain } from "@tintype/cli/run_main";
import { changedFiles, readSources, testsOf } from "./test/changed_tests.ts";
import { runSuite, suiteEnvironment } from "./test/run_suite.ts";
import { listTestFiles, type Suite, SUITES, testFilesOf } from "./test/suites.ts";
import { judgeSuite, lineOf, type SuiteVerdict, summaryLines } from "./test/summary.ts";

const NAMES = SUITES.map(({ name }) => name);
const TEST = defineCommand({
  name: "test",
  summary:
    'Runs the suites, three at a time where there are two cores, and ends with "N passed, N failed, N skipped". With CI=true a suite without tests fails, and so does a skipped test, unless what it lacks is the folder ../shared.',
  flags: {
    "only NAME,…": { about: "run these suites alone", parse: someOf(NAMES) },
    "changed":
      "run what the changes since the branch began can break, uncommitted ones included, and the suite check",
    "lanes N": {
      about: "suites at a time: 1 where tests are to be timed",
      parse: wholeNumber(1),
      default: String(1 + Math.min(2, navigator.hardwareConcurrency)),
    },
    "list": "print the suites: name, runtime, folders, what each needs",
  },
  exitCodes: { 1: "a test failed" },
});

const LIMIT_MS = 25 * 60_000;
const root = Deno.cwd();
const ending = new AbortController();
const isStrict = Deno.env.get("CI") === "true";
const env = suiteEnvironment(root, Deno.env.get("PATH"));

/** A suite and its test files that are to run. */
interface Run {
  readonly suite: Suite;
  readonly files: readonly string[];
}

function runsOf(names: readonly string[], files: readonly string[]): Run[] {
  return SUITES.filter(({ name }) => names.includes(name))
    .map((suite) => ({ suite, files: testFilesOf(suite, files) }));
}

/** The longest first, so that the lanes end together; verdicts come in the order of `runs`. */
async function runInLanes(runs: readonly Run[], lanes: number): Promise<SuiteVerdict[]> {
  const waiting = runs.toSorted((a, b) => b.suite.weight - a.suite.weight);
  const verdicts = new Map<Run, SuiteVerdict>();
  const runLane = async () => {
    for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) {
      verdicts.set(run, await runAndReport(run));
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: lanes }, runLane));
  for (const lane of ended) if (lane.status === "rejected") throw lane.reason;
  return runs.flatMap((run) => verdicts.get(run) ?? []);
}

async function runAndReport({ suite, files }: Run): Promise<SuiteVerdict> {
  const result = isEmpty({ suite, files })
    ? { name: suite.name, cases: [], output: "", elapsedMs: 0 }
    : await runSuite(suite, files, { root, env, limitMs: LIMIT_MS, signal: ending.signal });
  const verdict = judgeSuite(result, { isStrict });
  console.log(lineOf(verdict));
  if (verdict.failures.length > 0 && result.output !== "") console.log(result.output.trimEnd());
  return verdict;
}

function isEmpty({ suite, files }: Run): boolean {
  return suite.runtime !== "check" && files.length === 0;
}

function listLine({ name, runtime, folders, needs }: Suite): string {
  return `${name.padEnd(14)}${runtime.padEnd(7)}${(folders.join(" ") || "-").padEnd(14)} ${needs}`;
}

async function test(
  { only = NAMES, changed, lanes, list }: ReturnType<typeof TEST.parse>,
): Promise<number | void> {
  if (list) return console.log(SUITES.map(listLine).join("\n"));
  endOnInterrupt(ending);
  const files = changed ? testsOf(changedFiles(root), readSources(root)) : listTestFiles(root);
  const runs = runsOf(only, [...files]).filter((run) => !changed || !isEmpty(run));
  const verdicts = await runInLanes(runs, lanes);
  console.log(["", ...summaryLines(verdicts)].join("\n"));
  return verdicts.some(({ failures }) => failures.length > 0) ? EXIT.failed : EXIT.done;
}

// `deno test tools` loads this file for its name.
if (import.meta.main) await runMain(TEST, test);
