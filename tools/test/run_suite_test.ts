import assert from "node:assert/strict";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runSuite } from "./run_suite.ts";
import type { Suite } from "./suites.ts";

const ROOT = join(import.meta.dirname ?? "", "../..");
const MIXED = `
  import { describe, it, test } from "node:test";
  import assert from "node:assert/strict";
  test("works", () => {});
  test("breaks", () => assert.equal(1, 2));
  test("is left out", { skip: "needs Java" }, () => {});
  describe("group", () => {
    it("works inside", () => {});
    it("is left out inside", { skip: "needs ../shared" }, () => {});
  });`;

for (const runtime of ["node", "deno"] as const) {
  test(`runSuite() counts what happened on ${runtime}, reasons included`, async () => {
    const { cases, output } = await run(runtime, MIXED);
    const names = cases.map(({ name, outcome, reason }) => {
      const leaf = name.split(" > ").at(-1);
      const [firstLine = ""] = reason.replace("Uncaught AssertionError: ", "").split("\n");
      return `${outcome} ${leaf}${firstLine && `: ${firstLine}`}`;
    });
    assert.deepEqual(names.sort(), [
      "failed breaks: Expected values to be strictly equal:",
      "passed works",
      "passed works inside",
      "skipped is left out inside: needs ../shared",
      "skipped is left out: needs Java",
    ]);
    assert.match(output, /breaks/);
  });

  test(`runSuite() counts a file that does not load on ${runtime} as a failure`, async () => {
    const { cases, output } = await run(runtime, 'import "./missing.ts";');
    assert.deepEqual(cases.map(({ outcome }) => outcome), ["failed"]);
    assert.match(output, /missing\.ts/);
  });
}

test("runSuite() gives Deno all files as one module where a suite is one", async () => {
  const { cases } = await run("deno", MIXED, { isOneModule: true });
  assert.deepEqual(cases.map(({ outcome }) => outcome).sort(), [
    ...["failed", "passed", "passed", "skipped", "skipped"],
  ]);
});

test("runSuite() fails a test on Deno that skips inside, which Deno would count as passed", async () => {
  const { cases } = await run(
    "deno",
    'import { test } from "node:test"; test("skips", (t) => t.skip("late"));',
  );
  assert.deepEqual(cases.map(({ outcome }) => outcome), ["failed"]);
});

test("runSuite() names a suite that does not end", async () => {
  const { cases } = await run(
    "node",
    'import { test } from "node:test"; test("hangs", () => setInterval(() => {}, 1000)); ',
    { limitMs: 1500 },
  );
  assert.ok(cases.some(({ outcome, name }) => outcome === "failed" && name.includes("limit")));
});

async function run(
  runtime: "node" | "deno",
  source: string,
  { limitMs = 60_000, isOneModule = false } = {},
) {
  await using folder = await mkdtempDisposable(join(tmpdir(), "suite-"));
  const fixed = { name: "sample", folders: [], flags: [], weight: 1, needs: "" };
  const suite: Suite = { ...fixed, runtime, isOneModule };
  const file = join(folder.path, "sample_test.ts");
  await writeFile(join(folder.path, "package.json"), '{ "type": "module" }');
  await writeFile(file, source);
  return await runSuite(suite, [file], { root: ROOT, env: {}, limitMs });
}
