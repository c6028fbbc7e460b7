import assert from "node:assert/strict";
import { test } from "node:test";
import { withTree } from "./_tree_fixture.ts";
import { findCycles } from "./cycles.ts";
import { readImportGraph } from "./import_graph.ts";

const cyclesOf = (files: Record<string, string>) =>
  withTree(files, async (root) => findCycles(await readImportGraph(root)));

test("findCycles() finds none in a tree and none where two roads lead to one file", async () => {
  const cycles = await cyclesOf({
    "a.ts": 'import "./b.ts"; import "./c.ts";',
    "b.ts": 'import "./d.ts";',
    "c.ts": 'import "./d.ts";',
    "d.ts": "export const d = 1;",
  });
  assert.deepEqual(cycles, []);
});

test("findCycles() names a circle through folders", async () => {
  const cycles = await cyclesOf({
    "a.ts": 'import "./room/b.ts";',
    "room/b.ts": 'export * from "./c.ts";',
    "room/c.ts": 'const a = await import("./b.ts"); export const c = a;',
  });
  assert.deepEqual(cycles, [["room/b.ts", "room/c.ts", "room/b.ts"]]);
});

test("findCycles() counts type imports and a file that imports itself", async () => {
  const cycles = await cyclesOf({
    "a.ts": 'import type { B } from "./b.ts"; export type A = B;',
    "b.ts": 'import type { A } from "./a.ts"; export type B = A;',
    "c.ts": 'import "./c.ts";',
  });
  assert.deepEqual(cycles, [["a.ts", "b.ts", "a.ts"], ["c.ts", "c.ts"]]);
});

test("readImportGraph() leaves node_modules and hidden folders out", async () => {
  const graph = await withTree({
    "a.ts": 'import "./b.ts";',
    "b.ts": "export {};",
    "node_modules/x/c.ts": "export {};",
    ".cache/d.ts": "export {};",
  }, readImportGraph);
  assert.deepEqual([...graph.keys()].sort(), ["a.ts", "b.ts"]);
});

test("readImportGraph() says which file cannot be parsed", async () => {
  await assert.rejects(
    withTree({ "a.ts": "import {" }, readImportGraph),
    /Cannot read a\.ts/,
  );
});
