import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../", import.meta.url);

test("each threat of docs/security.md names an answer's test, and each test is there", async () => {
  const text = await readFile(new URL("docs/security.md", ROOT), "utf8");
  const rows = text.split("\n").filter((line) => /^\| ([STRIDE](, [STRIDE])*|all) \|/.test(line));
  assert.ok(rows.length > 30, `${rows.length} threats`);
  for (const row of rows) {
    const [test = ""] = row.split("|").slice(-2);
    assert.match(test, /`/, row);
    for (const [, path = ""] of test.matchAll(/`([\w/-]+\.ts)`/g)) {
      assert.ok(existsSync(fileURLToPath(new URL(path, ROOT))), path);
    }
  }
});
