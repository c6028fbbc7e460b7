import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { findBrokenLinks } from "./broken_links.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const EMULATORS = ["storage", "pubsub", "scheduler", "bigquery", "oidc", "kafka", "faults", "start"]
  .map((folder) => `local/${folder}/README.md`);

test("every link, path and task that README, CONTRIBUTING and docs name is there", () => {
  const docs = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md")).map((file) => `docs/${file}`);
  const problems = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    ...docs,
    "local/README.md",
    ...EMULATORS,
  ]
    .flatMap((path) => findBrokenLinks(ROOT, path));
  assert.deepEqual(problems, []);
});

test("every path of CODEOWNERS is there", () => {
  const owners = readFileSync(join(ROOT, ".github/CODEOWNERS"), "utf8");
  const paths = [...owners.matchAll(/^\/(\S+) +@tintype\//gm)].map(([, path = ""]) => path);
  assert.ok(paths.length > 10, `${paths.length} paths`);
  assert.deepEqual(paths.filter((path) => !existsSync(join(ROOT, path))), []);
});

test("the README of each emulator names files that are there", () => {
  for (const readme of EMULATORS) {
    const folder = join(ROOT, dirname(readme));
    const text = readFileSync(join(ROOT, readme), "utf8");
    const named = [...text.matchAll(/`(\w+\.ts)`/g)].map(([, file = ""]) => file);
    assert.ok(named.length > 0, readme);
    assert.deepEqual(named.filter((file) => !existsSync(join(folder, file))), [], readme);
  }
});

test("findBrokenLinks() names files, headings, paths and tasks that are not there, and nothing else", () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "tintype-links-"));
  const root = folder.path;
  mkdirSync(join(root, "docs"));
  writeFileSync(join(root, "deno.json"), JSON.stringify({ tasks: { start: "" } }));
  writeFileSync(join(root, "docs/other.md"), "# What *it* does: now\n");
  writeFileSync(
    join(root, "docs/page.md"),
    [
      "[good](other.md) [good](other.md#what-it-does-now) [good](../deno.json) [good](https://a.b/c)",
      "[bad](none.md) [bad](other.md#else) [out](../../etc/passwd)",
      "`docs/other.md` `docs/none.ts` and `any/thing` here",
      "```",
      "[not a link](inside.md) npx deno task stop",
      "```",
      "npx deno task start",
    ].join("\n"),
  );
  assert.deepEqual(findBrokenLinks(root, "docs/page.md"), [
    "docs/page.md links to none.md, which is not there",
    "docs/page.md links to other.md#else, which has no such heading",
    "docs/page.md links to ../../etc/passwd, which is not there",
    "docs/page.md names docs/none.ts, which is not there",
    "docs/page.md names the task stop, which is not there",
  ]);
});
