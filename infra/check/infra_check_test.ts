import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { documentWithIdentities } from "./identities_table.ts";
import { STEPS } from "./steps.ts";

for (const { name, run: check } of STEPS) {
  test(`infra:check: ${name}`, async (t) => {
    const outcome = await check();
    if (outcome.kind === "not_run") t.diagnostic(`not run: ${outcome.why}`);
    assert.notEqual(outcome.kind, "failed", outcome.kind === "failed" ? outcome.text : "");
  });
}

test("docs/security.md has the table of identities that the inventory of production gives", () => {
  const { path, text } = documentWithIdentities();
  assert.equal(readFileSync(path, "utf8"), text, "run npx deno task infra:check --write");
});
