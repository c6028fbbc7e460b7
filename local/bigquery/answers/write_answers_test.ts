import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { withAnswers } from "./write_answers.ts";

const DOCUMENT = new URL("../../../docs/analysts.md", import.meta.url);

test("docs/analysts.md holds the answers that the sample data give today", async () => {
  const document = readFileSync(DOCUMENT, "utf8");
  assert.equal(document, await withAnswers(document), "run deno task generate");
});
