/** Runs one suite as its runtime does it and says how each of its tests ended. */
import { join } from "node:path";
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
    const result = await runCommand(commandOf(suite, files, report, options.root), {
      env: options.env,
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
    cases.push({ name, outcome: result.code === 0 ? "passed" : "failed", reason: "" });
    if (result.code !== 0) outputs.push(`${name}\n${result.output}`);
  }
  return { name: suite.name, cases, output: outputs.join("\n"), elapsedMs };
}

function commandOf(
  suite: Suite,
  files: readonly string[],
  report: string,
  root: string,
): [string, ...string[]] {
  if (suite.runtime === "node") {
    const reporters = ["spec", "stdout", "junit", report].map((value, index) =>
      `${index % 2 === 0 ? "--test-reporter" : "--test-reporter-destination"}=${value}`
    );
    return [findNodeBinary(root), "--test", TEST_TIMEOUT, ...reporters, ...suite.flags, ...files];
  }
  const map = `--import-map=${join(root, "tools/test/deno_import_map.json")}`;
  const fixed = ["test", "--no-prompt", "--no-check", map, `--junit-path=${report}`];
  return [Deno.execPath(), ...fixed, ...suite.flags, ...files];
}

function withRunnerFailure(
  cases: readonly TestCase[],
  { code, timedOut }: CommandResult,
): readonly TestCase[] {
  const failed = (name: string) => [...cases, { name, outcome: "failed", reason: "" } as const];
  // Named whatever else failed: a runner that is ended may call the test failed that it was at.
  if (timedOut) return failed("the suite ends within its limit");
  if (code === 0 || cases.some(({ outcome }) => outcome === "failed")) return cases;
  return failed(`the runner ends with 0, not ${code}`);
}
