/**
 * `deno task test`: everything that proves Tintype, suite by suite.
 * One line for each suite as it ends, the whole output of those that fail, then the table,
 * each skipped test with its reason, and the counts alone on the last line.
 */
import { delimiter, join } from "node:path";
import { parseArgs } from "node:util";
import { listSourceFiles } from "./check/import_graph.ts";
import { runSuite } from "./test/run_suite.ts";
import { type Suite, SUITES, testFilesOf } from "./test/suites.ts";
import { judgeSuite, lineOf, type SuiteVerdict, summaryLines } from "./test/summary.ts";

const HELP = `Usage: deno task test [--only NAME,…] [--lanes N] [--list] [--help]

Runs the suites, two for each of two cores at a time as half of them mostly wait, and ends with "N passed, N failed, N skipped".
Exits with 1 when a test failed. With CI=true a suite without tests fails, and so does
a skipped test, unless what it lacks is the folder ../shared.

  --only NAME,…  run these suites alone
  --lanes N      suites at a time: 1 where tests are to be timed
  --list         print the suites: name, runtime, folders, what each needs
  --help         print this text`;

const OPTIONS = {
  only: { type: "string" },
  lanes: { type: "string", default: String(2 * Math.min(2, navigator.hardwareConcurrency)) },
  list: { type: "boolean" },
  help: { type: "boolean" },
} as const;

const LIMIT_MS = 25 * 60_000;
const root = Deno.cwd();
const isStrict = Deno.env.get("CI") === "true";
/** Quiet and offline; programs that are started by name find the runtimes of the lock file first. */
const env = {
  WRANGLER_SEND_METRICS: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  DENO_NO_UPDATE_CHECK: "1",
  NODE_COMPILE_CACHE: join(root, ".tintype/cache/node"),
  PATH: [join(root, "node_modules/.bin"), Deno.env.get("PATH") ?? ""].join(delimiter),
};

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS });
  if (values.help) return say(HELP);
  if (values.list) return say(SUITES.map(listLine).join("\n"));
  const wanted = values.only?.split(",") ?? SUITES.map(({ name }) => name);
  const unknown = wanted.find((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown !== undefined) {
    console.error(`Cannot run ${unknown} as there is no such suite: see --list`);
    return 2;
  }
  const lanes = Number(values.lanes);
  if (!Number.isInteger(lanes) || lanes < 1) {
    console.error(`Cannot run suites as --lanes must be a whole number from 1: ${values.lanes}`);
    return 2;
  }
  const suites = SUITES.filter(({ name }) => wanted.includes(name));
  const verdicts = await runInLanes(suites, lanes);
  console.log(["", ...summaryLines(verdicts)].join("\n"));
  return verdicts.some(({ failed }) => failed > 0) ? 1 : 0;
}

/** The longest first, so that the lanes end together; verdicts come in the order of `suites`. */
async function runInLanes(suites: readonly Suite[], lanes: number): Promise<SuiteVerdict[]> {
  const files = listSourceFiles(root);
  const waiting = suites.toSorted((a, b) => b.weight - a.weight);
  const verdicts = new Map<Suite, SuiteVerdict>();
  const runLane = async () => {
    for (let suite = waiting.shift(); suite !== undefined; suite = waiting.shift()) {
      verdicts.set(suite, await runAndTell(suite, files));
    }
  };
  await Promise.all(Array.from({ length: lanes }, runLane));
  return suites.flatMap((suite) => verdicts.get(suite) ?? []);
}

async function runAndTell(suite: Suite, files: readonly string[]): Promise<SuiteVerdict> {
  const testFiles = testFilesOf(suite, files);
  const hasNothing = suite.runtime !== "check" && testFiles.length === 0;
  const result = hasNothing
    ? { name: suite.name, cases: [], output: "", elapsedMs: 0 }
    : await runSuite(suite, testFiles, { root, env, limitMs: LIMIT_MS });
  const verdict = judgeSuite(result, { isStrict });
  console.log(lineOf(verdict));
  if (verdict.failed > 0 && result.output !== "") console.log(result.output.trimEnd());
  return verdict;
}

function listLine({ name, runtime, folders, needs }: Suite): string {
  return `${name.padEnd(14)}${runtime.padEnd(7)}${(folders.join(" ") || "-").padEnd(14)} ${needs}`;
}

function say(text: string): number {
  console.log(text);
  return 0;
}

try {
  Deno.exit(await main(Deno.args));
} catch (error) {
  // parseArgs names the wrong flag, findNodeBinary what to install
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(2);
}
