import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { runCommand } from "../run_command.ts";
import { checkSteps } from "./check_steps.ts";

const ROOT = join(import.meta.dirname ?? "", "../..");
const CONFIGURATION = [
  "package.json",
  "tsconfig.json",
  "knip.jsonc",
  "tools/check/knip_shipped.jsonc",
];
/** A repository with one of each mistake. */
const FILES = {
  "core/package.json": '{ "name": "@tintype/core", "exports": { "./*": "./*.ts" } }',
  "core/model/one.ts": 'import type { Two } from "./two.ts";\nexport type One = Two | 1;',
  "core/model/two.ts": 'import type { One } from "./one.ts";\nexport type Two = One | 2;',
  "core/model/unused.ts": "export const unused = 1;\nexport type Unused = 1;",
  "edge/package.json": `{
    "name": "@tintype/edge",
    "exports": { "./*": "./*.ts" },
    "dependencies": { "jose": "1", "@tintype/core": "1" },
    "devDependencies": { "zod": "1", "hono": "1" }
  }`,
  "edge/main.ts":
    'import "hono"; import "left-pad"; import "./lazy.ts"; import "@tintype/core/model/one";',
  "edge/lazy.ts": 'await import("./main.ts"); import type { Z } from "zod"; type A = Z; export {};',
  "edge/main_test.ts": 'import "zod";',
};

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "tintype-check-"));
  for (const path of CONFIGURATION) {
    await cp(join(ROOT, path), join(root, path), { recursive: true });
  }
  for (const [path, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  await mkdir(join(root, "node_modules/@tintype"), { recursive: true });
  for (const name of ["core", "edge"]) {
    await symlink(join(root, name), join(root, "node_modules/@tintype", name));
  }
});
after(() => rm(root, { recursive: true }));

async function outputOf(step: string): Promise<string> {
  const { command } = checkSteps(ROOT).find(({ name }) => name === step) ?? assert.fail(step);
  const { code, output } = await runCommand(command, { cwd: root });
  assert.notEqual(code, 0, output);
  return output;
}

test("check finds cycles of imports, those of types and those that load later too", async () => {
  const output = await outputOf("cycles");
  assert.match(
    output,
    /core\/model\/(one\.ts -> core\/model\/two|two\.ts -> core\/model\/one)\.ts/,
  );
  assert.match(output, /edge\/(main\.ts -> edge\/lazy|lazy\.ts -> edge\/main)\.ts/);
});

test("check finds exports and dependencies that nobody imports, and imports that nothing declares", async () => {
  const output = await outputOf("unused");
  assert.match(output, /^unused +core\/model\/unused\.ts/m);
  assert.match(output, /^Unused +type +core\/model\/unused\.ts/m);
  assert.match(output, /^jose +edge\/package\.json/m);
  assert.match(output, /^left-pad +edge\/main\.ts/m);
  assert.doesNotMatch(output, /^(zod|hono) /m);
});

test("check finds code that ships and imports a devDependency, and lets tests and types do so", async () => {
  const output = await outputOf("shipped");
  assert.match(output, /^hono +edge\/main\.ts/m);
  assert.doesNotMatch(output, /^zod /m);
});
