import assert from "node:assert/strict";
import { test } from "node:test";
import { parseJunitReport } from "./junit_report.ts";

const BAD = `1 < 2
- 3
      at TestContext.<anonymous> (file:///tests/bad_test.ts:4:2)
      [cause]: Error: "inner"`;

test("parseJunitReport() reads Node's cases with the reasons of their skips and failures", () => {
  const cases = parseJunitReport(`<testsuites>
    <testcase name="a &lt;b> &amp;lt; &quot;c&quot;" time="0.1" classname="test"/>
    <testsuite name="group"><testcase name="inner" time="0.1"></testcase></testsuite>
    <testcase name="bad" failure="1 !== 2"><failure type="x" message="1 &lt; 2&#10;&#10;- 3">
      at node:internal/test:1
      at TestContext.&lt;anonymous> (file:///tests/bad_test.ts:4:2)
      [cause]: Error: &quot;inner&quot;
    </failure></testcase>
    <testcase name="left out"><skipped type="skipped" message="needs ../shared"/></testcase>
    <testcase name="silent"><skipped type="skipped" message="true"/></testcase>
  </testsuites>`);
  assert.deepEqual(cases, [
    { name: 'a <b> &lt; "c"', outcome: "passed", reason: "" },
    { name: "inner", outcome: "passed", reason: "" },
    { name: "bad", outcome: "failed", reason: BAD },
    { name: "left out", outcome: "skipped", reason: "needs ../shared" },
    { name: "silent", outcome: "skipped", reason: "" },
  ]);
});

test("parseJunitReport() counts Deno's leaves and finds the reason in the name", () => {
  const cases = parseJunitReport(`<testsuites name="deno test" tests="4">
    <testcase name="parent"></testcase>
    <testcase name="parent &gt; step"></testcase>
    <testcase name="parent &gt; other (skipped: needs (a) thing)"><skipped/></testcase>
  </testsuites>`);
  assert.deepEqual(cases, [
    { name: "parent > step", outcome: "passed", reason: "" },
    { name: "parent > other", outcome: "skipped", reason: "needs (a) thing" },
  ]);
});

test("parseJunitReport() counts a parent that fails by itself, but not one that fails by its steps", () => {
  const cases = parseJunitReport(`<testsuites name="deno test" tests="4">
    <testcase name="itself"><failure message="x"></failure></testcase>
    <testcase name="itself &gt; step"></testcase>
    <testcase name="by step"><failure message="x"></failure></testcase>
    <testcase name="by step &gt; step"><failure message="x"></failure></testcase>
  </testsuites>`);
  assert.deepEqual(
    cases.filter(({ outcome }) => outcome === "failed").map(({ name }) => name),
    ["itself", "by step > step"],
  );
});

test("parseJunitReport() reads what Node escapes twice, and no further than the failure", () => {
  const [failed] = parseJunitReport(`<testsuites><testcase name="x">
    <failure message="a &amp;quot;b&amp;quot;">at file:///a_test.ts:1:2</failure>
  </testcase></testsuites>`);
  assert.equal(failed?.reason, 'a "b"\nat file:///a_test.ts:1:2');
});

test("parseJunitReport() finds nothing in an empty report", () => {
  assert.deepEqual(parseJunitReport(""), []);
});
