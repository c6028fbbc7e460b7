import assert from "node:assert/strict";
import { test } from "node:test";
import { mayRun, parseLcov } from "./line_hits.ts";
import { choose, mutantsOf } from "./mutants.ts";

/** Sources of one line, and what becomes of them; syntax that is erased has no mutants. */
const CHANGES: Readonly<Record<string, readonly string[]>> = {
  "x === 1;": ["x !== 1;", "x === 2;"],
  "x < y;": ["x <= y;"],
  "x -= y;": ["x += y;"],
  "x++;": ["x--;"],
  "x = -y;": ["x = y;"],
  "x = !y;": ["x = y;"],
  "x = true;": ["x = false;"],
  "x = y ?? z;": ["x = y;", "x = z;"],
  "x = y ? a : b;": ["x = !(y) ? a : b;"],
  "if (x) f();": ["if (false) f();"],
  "x = () => y && z;": ["x = () => undefined;", "x = () => y || z;"],
  "function f() { return x; }": ["function f() { return undefined; }"],
  'x = `${y}` + "z";': [],
  "x = () => undefined;": [],
  "type X = 1 | true;": [],
  'import x from "y";': [],
};

test("mutantsOf() changes one place at a time, and names its line", () => {
  for (const [source, expected] of Object.entries(CHANGES)) {
    const mutants = mutantsOf("a.ts", `f();\n  ${source}\ng();\n`);
    assert.deepEqual(mutants.map(({ after }) => after).toSorted(), expected.toSorted(), source);
    for (const { line, before, after, text } of mutants) {
      assert.deepEqual([line, before, text], [2, source, `f();\n  ${after}\ng();\n`]);
    }
  }
});

test("choose() goes by the seed alone, whatever else there is", () => {
  const sources = Object.keys(CHANGES).join("\n");
  const chosen = (text: string, seed: string, count = 5) =>
    choose(mutantsOf("a.ts", text), seed, count).map(({ after }) => after);
  const five = chosen(sources, "33");
  assert.deepEqual(chosen(`f();\n${sources}`, "33"), five);
  assert.notDeepEqual(chosen(sources, "34"), five);
  assert.deepEqual(chosen(sources, "33", 99).slice(0, 5), five);
});

test("mayRun() is false where a report says that a line, or the whole file, did not run", () => {
  const hits = parseLcov(
    "TN:\nSF:/root/a.ts\nDA:1,2\nDA:2,0\nend_of_record\nSF:b.ts\nDA:2,1\n",
    "/root",
  );
  const runs = ["a.ts", "b.ts", "c.ts"].map((file) =>
    [1, 2, 3].map((line) => mayRun(hits, file, line))
  );
  assert.deepEqual(runs, [[true, false, true], [true, true, true], [false, false, false]]);
});
