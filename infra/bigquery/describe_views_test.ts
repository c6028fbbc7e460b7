import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ANALYSTS_PATH, describeViews, withDescriptions } from "./describe_views.ts";
import { viewNames } from "./read_schemas.ts";

test("docs/analysts.md describes the views and the report as they are", () => {
  const document = readFileSync(ANALYSTS_PATH, "utf8");
  assert.equal(document, withDescriptions(document), "run deno task generate");
});

test("describeViews() has a sentence and a table for every view", () => {
  const sections = describeViews().split("### ").slice(1);
  assert.equal(sections.length, viewNames().length);
  for (const section of sections) {
    assert.match(
      section,
      /^`\w+`\n\n[A-Z][^|]{30,}\n\n[\s\S]*\| column \| type \| what it holds \|/,
    );
  }
});

test("withDescriptions() says which mark is missing", () => {
  assert.throws(() => withDescriptions("# Nothing"), /"<!-- views: .*" or .* is missing/);
});
