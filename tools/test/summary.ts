/** Judges what the suites did and puts it into lines. */
import type { SuiteResult } from "./run_suite.ts";

/** A test that failed or must not be skipped, and the error that the report has of it. */
interface Failure {
  readonly name: string;
  readonly error: string;
}

/** One line of the table: a suite's counts. */
export interface SuiteVerdict {
  readonly name: string;
  readonly passed: number;
  readonly failures: readonly Failure[];
  /** Those that may be skipped, each with its reason. */
  readonly skips: readonly string[];
  readonly elapsedMs: number;
}

/** Lines of a failed test's error at the end of the run, where logs of CI are not cut. */
const ERROR_LINES = 10;
/** The only folder that a full run may lack. */
const OPTIONAL_FOLDER = "../shared";

/** Counts a suite's cases; where `isStrict` holds, a skip for any reason but the missing `../shared` is a failure, and so is a suite without tests. */
export function judgeSuite(result: SuiteResult, { isStrict }: { isStrict: boolean }): SuiteVerdict {
  const { name, cases, elapsedMs } = result;
  const [failures, skips]: [Failure[], string[]] = [[], []];
  for (const { name: test, outcome, reason } of cases) {
    const isRefused = isStrict && !reason.includes(OPTIONAL_FOLDER);
    if (outcome === "failed") failures.push({ name: test, error: reason });
    if (outcome !== "skipped") continue;
    const skip = `${test}: ${reason || "no reason given"}`;
    if (isRefused) failures.push({ name: `must not be skipped: ${skip}`, error: "" });
    else skips.push(skip);
  }
  if (isStrict && cases.length === 0) failures.push({ name: "a suite has tests", error: "" });
  const passed = cases.filter(({ outcome }) => outcome === "passed").length;
  return { name, passed, failures, skips, elapsedMs };
}

/** One line about a suite, as it ends. */
export function lineOf({ name, passed, failures, skips, elapsedMs }: SuiteVerdict): string {
  const mark = failures.length > 0 ? "FAILED" : "ok    ";
  const hasTests = passed + failures.length + skips.length > 0;
  const counts = hasTests ? countsOf(passed, failures.length, skips.length) : "no tests";
  return `${mark}  ${name}  ${counts}  ${secondsOf(elapsedMs)} s`;
}

/** The end of the run: the table of suites, each skipped test with its reason, each failed one with its error, and the counts alone on the last line. */
export function summaryLines(verdicts: readonly SuiteVerdict[]): string[] {
  const rows = verdicts.map(({ name, passed, failures, skips, elapsedMs }) =>
    row([name, passed, failures.length, skips.length, secondsOf(elapsedMs)])
  );
  const sum = (count: (verdict: SuiteVerdict) => number) =>
    verdicts.reduce((total, verdict) => total + count(verdict), 0);
  return [
    row(["suite", "passed", "failed", "skipped", "seconds"]),
    ...rows,
    ...verdicts.flatMap(({ name, skips }) => skips.map((skip) => `skipped: ${name}: ${skip}`)),
    ...verdicts.flatMap(({ name, failures }) =>
      failures.flatMap((each) => failureLines(name, each))
    ),
    countsOf(
      sum(({ passed }) => passed),
      sum(({ failures }) => failures.length),
      sum(({ skips }) => skips.length),
    ),
  ];
}

function failureLines(suite: string, { name, error }: Failure): string[] {
  const lines = error === "" ? [] : error.split("\n").slice(0, ERROR_LINES);
  return [`failed: ${suite}: ${name}`, ...lines.map((line) => `  ${line}`)];
}

function countsOf(passed: number, failed: number, skipped: number): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

function secondsOf(elapsedMs: number): string {
  return (elapsedMs / 1000).toFixed(1);
}

function row([name = "", ...numbers]: readonly (string | number)[]): string {
  return name.toString().padEnd(14) + numbers.map((each) => String(each).padStart(9)).join("");
}
