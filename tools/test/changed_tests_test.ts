import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { changedFiles, readSources, testsOf } from "./changed_tests.ts";

const SOURCES = new Map(Object.entries({
  "deno.json": '{ "tasks": { "start": { "command": "deno run local/start/main.ts" } } }',
  "core/model/id.ts": "",
  "core/model/id_test.ts": 'import { id } from "./id.ts";',
  "core/ingest/start.ts": 'import type { Id } from "../model/id.ts";',
  "core/ingest/start_test.ts": 'await import("./start.ts");',
  "edge/app.ts": 'import { start } from "@tintype/core/ingest/start";',
  "edge/app_test.ts": 'import { app } from "./app.ts";',
  "local/storage/serve.ts": "",
  "local/start/main.ts": "spawn(`local/${part}/serve.ts`); spawn('wrangler')",
  "local/start/words_test.ts": "",
  "wrangler.toml": 'main = "edge/app.ts"',
  "tests/road_test.ts": 'spawn("deno", ["task", "start"]);',
  "tests/client_docs_test.ts": "",
  "tests/wire_test.ts": 'spawn(join(ROOT, "local/storage/serve.ts"));',
  "tools/docs/links_test.ts": "",
  "infra/views.sql": "",
  "infra/views_test.ts": "",
  "docs/cost.md": "",
}));

/** What is changed → the tests that it can break, without their ending. */
const CASES: Readonly<Record<string, readonly string[]>> = {
  "core/ingest/start_test.ts": ["core/ingest/start"],
  "core/model/id.ts": ["core/ingest/start", "core/model/id", "edge/app", "tests/road"],
  "local/storage/serve.ts": ["tests/road", "tests/wire"],
  "infra/views.sql": [
    ...["infra/views", "local/start/words", "tests/client_docs", "tests/road", "tests/wire"],
  ],
  "docs/cost.md": ["infra/views", "local/start/words", "tests/client_docs", "tools/docs/links"],
  "package.json": [
    ...["core/ingest/start", "core/model/id", "edge/app", "infra/views", "local/start/words"],
    ...["tests/client_docs", "tests/road", "tests/wire", "tools/docs/links"],
  ],
};

for (const [changed, tests] of Object.entries(CASES)) {
  test(`testsOf() finds what ${changed} can break`, () => {
    assert.deepEqual(
      [...testsOf([changed], SOURCES)].sort(),
      tests.map((name) => `${name}_test.ts`),
    );
  });
}

test("testsOf() runs the folder of a file that is gone", () => {
  assert.ok(testsOf(["edge/gone.ts"], SOURCES).has("edge/app_test.ts"));
});

test("testsOf() finds the tests of this repository's own files", () => {
  const root = Deno.cwd();
  const found = testsOf(["edge/routes/uploads.ts"], readSources(root));
  for (const path of ["edge/app_test.ts", "tests/road_test.ts"]) assert.ok(found.has(path), path);
  assert.ok(!found.has("core/model/image_id_test.ts"));
});

test("changedFiles() names what differs from the branch's beginning, committed or not", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "changed-"));
  const root = folder.path;
  const git = (...args: readonly string[]) => {
    const identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"];
    execFileSync("git", [...identity, ...args], { cwd: root });
  };
  git("init", "--quiet", "--initial-branch=main");
  for (const name of ["kept.ts", "edited.ts"]) await writeFile(join(root, name), "");
  git("add", ".");
  git("commit", "--quiet", "--message=first");
  git("switch", "--quiet", "--create=work");
  await writeFile(join(root, "committed.ts"), "");
  git("add", ".");
  git("commit", "--quiet", "--message=second");
  await writeFile(join(root, "edited.ts"), "1;");
  await writeFile(join(root, "added.ts"), "");
  assert.deepEqual(changedFiles(root).sort(), ["added.ts", "committed.ts", "edited.ts"]);
});
