/** Runs one suite as its runtime does it and says how each of its tests ended. */
import { delimiter, join, resolve } from "node:path";
import { checkSteps } from "../check/check_steps.ts";
import { findNodeBinary } from "../node_binary.ts";
import { type CommandResult, runCommand } from "../run_command.ts";
import { parseJunitReport, type TestCase } from "./junit_report.ts";
import type { Suite } from "./suites.ts";

/** What a suite did: its cases, and everything it wrote. */
export interface SuiteResult {
  readonly name: string;
  readonly cases: readonly TestCase[];
  readonly output: string;
  readonly elapsedMs: number;
}

/** Where a suite runs and how long it may take. */
export interface RunSuiteOptions {
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly limitMs: number;
  /** Ends the suite. */
  readonly signal?: AbortSignal;
}

/** No single test takes so long; one that hangs is named. */
const TEST_TIMEOUT = "--test-timeout=300000";

/** Runs `suite` over `files`; a runner that ends badly without naming a test counts as one failed case. */
export async function runSuite(
  suite: Suite,
  files: readonly string[],
  options: RunSuiteOptions,
): Promise<SuiteResult> {
  if (suite.runtime === "check") return await runCheck(suite, options);
  const folder = await Deno.makeTempDir();
  try {
    const report = join(folder, "report.xml");
    const modules = suite.isOneModule ? [await writeModule(folder, files, options.root)] : files;
    const command = commandOf(suite, modules, options.root, reportFlags(suite, report));
    const result = await runCommand(command, {
      env: { ...options.env, ...suite.env },
      limitMs: options.limitMs,
      signal: options.signal,
    });
    const xml = await Deno.readTextFile(report).catch(() => "");
    return {
      name: suite.name,
      cases: withRunnerFailure(parseJunitReport(xml), result),
      output: result.output,
      elapsedMs: result.elapsedMs,
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Writes a module that imports every file of the suite, and returns its path. */
async function writeModule(
  folder: string,
  files: readonly string[],
  root: string,
): Promise<string> {
  const path = join(folder, "suite_test.ts");
  const imports = files.map((file) => `import ${JSON.stringify(resolve(root, file))};\n`);
  await Deno.writeTextFile(path, imports.join(""));
  return path;
}

async function runCheck(
  suite: Suite,
  { root, env, signal }: RunSuiteOptions,
): Promise<SuiteResult> {
  const cases: TestCase[] = [];
  const outputs: string[] = [];
  let elapsedMs = 0;
  for (const { name, command } of checkSteps(root)) {
    const result = await runCommand(command, { env, signal });
    elapsedMs += result.elapsedMs;
    const isPassed = result.code === 0;
    const reason = isPassed ? "" : result.output.trim();
    cases.push({ name, outcome: isPassed ? "passed" : "failed", reason });
    if (!isPassed) outputs.push(`${name}\n${result.output}`);
  }
  return { name: suite.name, cases, output: outputs.join("\n"), elapsedMs };
}

/** How the suite's runtime tests `files` of the repository at `root`, with `flags` of the runner. */
export function commandOf(
  suite: Suite,
  files: readonly string[],
  root: string,
  flags: readonly string[],
): [string, ...string[]] {
  if (suite.runtime === "node") {
    return [findNodeBinary(root), "--test", TEST_TIMEOUT, ...flags, ...suite.flags, ...files];
  }
  const map = `--import-map=${join(root, "tools/test/deno_import_map.json")}`;
  const fixed = ["test", "--no-prompt", "--no-check", map];
  return [Deno.execPath(), ...fixed, ...flags, ...suite.flags, ...files];
}

function reportFlags({ runtime }: Suite, report: string): string[] {
  if (runtime === "deno") return [`--junit-path=${report}`];
  return ["spec", "stdout", "junit", report].map((value, index) =>
    `${index % 2 === 0 ? "--test-reporter" : "--test-reporter-destination"}=${value}`
  );
}

/** Quiet and offline; programs that are started by name find the runtimes of the lock file first. */
export function suiteEnvironment(root: string, path = ""): Readonly<Record<string, string>> {
  return {
    WRANGLER_SEND_METRICS: "false",
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    DENO_NO_UPDATE_CHECK: "1",
    NODE_COMPILE_CACHE: join(root, ".tintype/cache/node"),
    PATH: [join(root, "node_modules/.bin"), path].join(delimiter),
  };
}

function withRunnerFailure(
  cases: readonly TestCase[],
  { code, timedOut, output }: CommandResult,
): readonly TestCase[] {
  const reason = output.trimEnd().split("\n").slice(-10).join("\n");
  const failed = (name: string) => [...cases, { name, outcome: "failed", reason } as const];
  // Named whatever else failed: a runner that is ended may call the test failed that it was at.
  if (timedOut) return failed("the suite ends within its limit");
  if (code === 0 || cases.some(({ outcome }) => outcome === "failed")) return cases;
  return failed(`the runner ends with 0, not ${code}`);
}
