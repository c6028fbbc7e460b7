/** Snippets of the documents that no other test runs: a pipeline, tenants' objects, an identity provider's trigger. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { PictureContext, Pipeline } from "@tintype/core/processing/pipeline";
import { parseTenantDocument } from "@tintype/core/model/tenant_plan";
import { draw } from "@tintype/core/testing/drawing";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

async function snippetsOf(document: string, language: string): Promise<string[]> {
  const text = await readFile(join(ROOT, "docs", document), "utf8");
  const blocks = text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, "gm"));
  return [...blocks].map(([, snippet = ""]) => snippet);
}

test("the pipeline of docs/processing.md passes the type checker, refuses slivers and scores blur", async () => {
  const [snippet = ""] = await snippetsOf("processing.md", "ts");
  await mkdir(join(ROOT, ".tintype"), { recursive: true });
  const folder = await mkdtemp(join(ROOT, ".tintype/snippet-"));
  try {
    const file = join(folder, "pipeline.ts");
    await writeFile(file, snippet);
    const check = new Deno.Command(Deno.execPath(), { args: ["check", "--quiet", file] });
    const { code, stderr } = await check.output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const { default: pipeline }: { default: Pipeline } = await import(pathToFileURL(file).href);
    const context = {} as PictureContext; // none of it reads one
    const [step] = pipeline.steps ?? [];
    const apply = async (width: number) =>
      await step?.apply(draw(width, 90, () => [9, 9, 9]), context);
    await assert.rejects(apply(7), { reason: "pipeline_rejected" });
    assert.equal((await apply(8))?.width, 8);
    const score = pipeline.insights?.["blur_score"]?.measure(
      draw(64, 48, (x) => [x % 2 * 255, 0, 0]),
      context,
    );
    assert.ok(typeof score === "number" && score > 0 && score < 0.5, String(score));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

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
