/** Judges what the suites did and puts it into lines. */
import type { SuiteResult } from "./run_suite.ts";

/** A skipped test and why it was skipped. */
interface Skip {
  readonly suite: string;
  readonly test: string;
  readonly reason: string;
}

/** One line of the table: a suite's counts. */
export interface SuiteVerdict {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  /** Those that may be skipped. */
  readonly skips: readonly Skip[];
  /** The names of those that failed. */
  readonly failures: readonly string[];
  /** Those that may not, which `failed` counts. */
  readonly refusedSkips: readonly Skip[];
  readonly elapsedMs: number;
}

/** The only folder that a full run may lack. */
const OPTIONAL_FOLDER = "../shared";

/** Counts a suite's cases; where `isStrict` holds, a skip for any reason but the missing `../shared` is a failure, and so is a suite without tests. */
export function judgeSuite(result: SuiteResult, { isStrict }: { isStrict: boolean }): SuiteVerdict {
  const { name, cases, elapsedMs } = result;
  const count = (outcome: string) => cases.filter((each) => each.outcome === outcome).length;
  const skips = cases.filter(({ outcome }) => outcome === "skipped")
    .map((each): Skip => ({ suite: name, test: each.name, reason: each.reason }));
  const refusedSkips = skips.filter(({ reason }) => isStrict && !reason.includes(OPTIONAL_FOLDER));
  const missing = isStrict && cases.length === 0 ? 1 : 0;
  return {
    name,
    passed: count("passed"),
    failed: count("failed") + refusedSkips.length + missing,
    failures: cases.filter(({ outcome }) => outcome === "failed").map((each) => each.name),
    skips: skips.filter((skip) => !refusedSkips.includes(skip)),
    refusedSkips,
    elapsedMs,
  };
}

/** One line about a suite, as it ends. */
export function lineOf({ name, passed, failed, skips, elapsedMs }: SuiteVerdict): string {
  const mark = failed > 0 ? "FAILED" : "ok    ";
  const total = passed + failed + skips.length;
  const counts = total === 0 ? "no tests" : countsOf(passed, failed, skips.length);
  return `${mark}  ${name}  ${counts}  ${secondsOf(elapsedMs)} s`;
}

/** The end of the run: the table of suites, each skipped test with its reason, each failed one, and the counts alone on the last line. */
export function summaryLines(verdicts: readonly SuiteVerdict[]): string[] {
  const rows = verdicts.map(({ name, passed, failed, skips, elapsedMs }) =>
    row([name, passed, failed, skips.length, secondsOf(elapsedMs)])
  );
  const failureLines = verdicts.flatMap(({ name, failures }) =>
    failures.map((failure) => `failed: ${name}: ${failure}`)
  );
  const skipLines = verdicts.flatMap(({ skips, refusedSkips }) => [
    ...skips.map((skip) => skipLine("skipped", skip)),
    ...refusedSkips.map((skip) => skipLine("must not be skipped", skip)),
  ]);
  const sum = (pick: (verdict: SuiteVerdict) => number) =>
    verdicts.reduce((total, verdict) => total + pick(verdict), 0);
  return [
    row(["suite", "passed", "failed", "skipped", "seconds"]),
    ...rows,
    ...skipLines,
    ...failureLines,
    countsOf(
      sum((each) => each.passed),
      sum((each) => each.failed),
      sum((each) => each.skips.length),
    ),
  ];
}

function skipLine(verb: string, { suite, test, reason }: Skip): string {
  return `${verb}: ${suite}: ${test}: ${reason || "no reason given"}`;
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
