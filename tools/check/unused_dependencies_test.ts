import assert from "node:assert/strict";
import { test } from "node:test";
import { withTree } from "./_tree_fixture.ts";
import { readImportGraph } from "./import_graph.ts";
import { findDependencyProblems } from "./unused_dependencies.ts";

const ROOT = '{ "workspaces": ["edge", "local"], "devDependencies": { "typescript": "1" } }';
const EMPTY = "{}";

const problemsOf = (files: Record<string, string>) =>
  withTree(
    {
      "package.json": ROOT,
      "edge/package.json": EMPTY,
      "local/package.json": EMPTY,
      ...files,
    },
    async (root) => await findDependencyProblems(root, await readImportGraph(root)),
  );

test("findDependencyProblems() is content where declared and imported agree", async () => {
  const problems = await problemsOf({
    "edge/package.json": `{
      "name": "@tintype/edge",
      "dependencies": { "hono": "1", "@scope/name": "1" },
      "devDependencies": { "sharp": "1" }
    }`,
    "edge/app.ts": `
      import { cors } from "hono/cors";
      import type { A } from "@scope/name/a";
      import "node:fs";
      import "@tintype/edge/other";
      export type B = A; export { cors };`,
    "edge/other.ts": "export {};",
    "edge/app_test.ts": 'import "sharp";',
  });
  assert.deepEqual(problems, []);
});

test("findDependencyProblems() names a dependency that no code imports", async () => {
  const problems = await problemsOf({
    "edge/package.json": '{ "dependencies": { "hono": "1" } }',
    "local/serve.ts": "export {};",
  });
  assert.deepEqual(problems, ["edge/package.json declares hono, which no code of it imports"]);
});

test("findDependencyProblems() names an import that the file's own package does not declare", async () => {
  const problems = await problemsOf({
    "edge/package.json": '{ "dependencies": { "jose": "1" } }',
    "edge/app.ts": 'import "jose";',
    "local/serve.ts": 'import "jose";',
  });
  assert.deepEqual(problems, [
    "local/serve.ts imports jose, which local/package.json does not declare",
  ]);
});

test("findDependencyProblems() names code that ships and imports a devDependency", async () => {
  const problems = await problemsOf({
    "edge/package.json": '{ "devDependencies": { "jose": "1", "zod": "1" } }',
    "edge/app.ts": 'import "jose"; import type { Z } from "zod"; export type A = Z;',
  });
  assert.deepEqual(problems, [
    "edge/app.ts ships and imports jose, which is only a devDependency of edge/package.json",
  ]);
});

test("findDependencyProblems() lets a plugin ship the import of its peer", async () => {
  const problems = await problemsOf({
    "edge/package.json":
      '{ "devDependencies": { "jose": "1" }, "peerDependencies": { "jose": "^1" } }',
    "edge/app.ts": 'import "jose";',
    "local/serve.ts": "export {};",
  });
  assert.deepEqual(problems, []);
});
