import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { IMPORT_TABLE, RUNTIMES } from "../lint/import_table.ts";
import { CONTRIBUTING, withImportTable } from "./import_table_document.ts";

test("CONTRIBUTING.md shows the table of imports as it is; deno task generate writes it", () => {
  const document = readFileSync(CONTRIBUTING, "utf8");
  assert.equal(withImportTable(document), document);
  assert.match(document, /^\| `page` \| browsers \| `client` \|$/m);
});

test("every folder of the table has its runtimes", () => {
  const folders = Object.keys(IMPORT_TABLE).map((folder) => folder.split("/", 1)[0] ?? "");
  assert.deepEqual(new Set(folders), new Set(Object.keys(RUNTIMES)));
});
