import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestCase } from "./junit_report.ts";
import { judgeSuite, lineOf, summaryLines } from "./summary.ts";

const passed: TestCase = { name: "works", outcome: "passed", reason: "" };
const error = Array.from({ length: 12 }, (_, at) => `line ${at + 1}`).join("\n");
const failed: TestCase = { name: "breaks", outcome: "failed", reason: error };
const noShared: TestCase = { name: "reads", outcome: "skipped", reason: "../shared is missing" };
const noJava: TestCase = { name: "streams", outcome: "skipped", reason: "needs Java" };

const resultOf = (...cases: TestCase[]) => ({ name: "core", cases, output: "", elapsedMs: 1500 });

test("judgeSuite() lets everything be skipped on a developer's machine", () => {
  const verdict = judgeSuite(resultOf(passed, noShared, noJava), { isStrict: false });
  assert.equal(lineOf(verdict), "ok      core  1 passed, 0 failed, 2 skipped  1.5 s");
});

test("judgeSuite() takes a skip for a failure in CI unless ../shared is what it lacks", () => {
  const verdict = judgeSuite(resultOf(passed, noShared, noJava), { isStrict: true });
  assert.equal(lineOf(verdict), "FAILED  core  1 passed, 1 failed, 1 skipped  1.5 s");
  assert.equal(verdict.failures[0]?.name, "must not be skipped: streams: needs Java");
});

test("judgeSuite() fails a suite without tests in CI alone", () => {
  assert.equal(judgeSuite(resultOf(), { isStrict: true }).failures.length, 1);
  const lenient = judgeSuite(resultOf(), { isStrict: false });
  assert.equal(lineOf(lenient), "ok      core  no tests  1.5 s");
});

test("summaryLines() ends with reasons, ten lines of each error and the counts alone on the last line", () => {
  const verdict = judgeSuite(resultOf(passed, failed, noShared), { isStrict: false });
  const lines = summaryLines([verdict, verdict]);
  assert.equal(lines.at(-1), "2 passed, 2 failed, 2 skipped");
  const firstLines = error.split("\n").slice(0, 10).map((line) => `  ${line}`);
  assert.deepEqual(lines.slice(-12, -1), ["failed: core: breaks", ...firstLines]);
  assert.equal(lines.at(-24), "skipped: core: reads: ../shared is missing");
  assert.match(lines[1] ?? "", /^core +1 +1 +1 +1\.5$/);
});
