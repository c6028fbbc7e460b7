/** Snippets of the documents that no other test runs: tenants' objects, an identity provider's trigger. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseTenantDocument } from "@tintype/core/model/tenant_plan";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

async function snippetsOf(document: string, language: string): Promise<string[]> {
  const text = await readFile(join(ROOT, "docs", document), "utf8");
  const blocks = text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, "gm"));
  return [...blocks].map(([, snippet = ""]) => snippet);
}

test("the tenants' objects of the documents are taken", async () => {
  for (const document of ["operations.md", "kafka_providers.md"]) {
    const snippets = await snippetsOf(document, "json");
    assert.equal(snippets.length, 1, document);
    for (const each of snippets) parseTenantDocument(new TextEncoder().encode(each));
  }
});

test("Cognito's trigger adds the audience and the tenant", async () => {
  const [snippet = ""] = await snippetsOf("identity_providers.md", "js");
  const { handler } = await import(`data:text/javascript,${encodeURIComponent(snippet)}`);
  const request = { userAttributes: { "custom:tenant": "shop" } };
  const { response } = await handler({ callerContext: { clientId: "app" }, request });
  const { claimsToAddOrOverride } = response.claimsAndScopeOverrideDetails.accessTokenGeneration;
  assert.deepEqual(claimsToAddOrOverride, { aud: "app", tenant: "shop" });
});
