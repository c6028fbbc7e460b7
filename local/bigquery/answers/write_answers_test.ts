import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { withAnswers } from "./write_answers.ts";

const DOCUMENT = new URL("../../../docs/analysts.md", import.meta.url);

test("docs/analysts.md holds the answers that the sample data give today", async () => {
  const document = readFileSync(DOCUMENT, "utf8");
  assert.equal(document, await withAnswers(document), "run deno task generate");
});

test("each question of docs/analysts.md limits what it may be billed", () => {
  const document = readFileSync(DOCUMENT, "utf8");
  const commands = document.match(/--maximum_bytes_billed=\d{9,}/g) ?? [];
  assert.ok(commands.length >= 10, `${commands.length} limits`);
});

test("withAnswers() says which mark is missing", async () => {
  await assert.rejects(withAnswers("# Nothing"), /"<!-- questions: .*" or .* is missing/);
});
