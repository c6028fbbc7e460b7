/**
 * Writes what infrastructure and documents say of retention from `core/retention/policy.json`: lifecycle rules, Terraform's
 * variables, the scheduled queries, the bounds in the views, the table in `docs/retention.md`. `deno task generate` runs
 * this and then makes the queries' translations; a test fails where a file differs.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { withSection } from "../../tools/marked_section.ts";
import { lifecycleRules } from "./lifecycle_rules.ts";
import { retentionTable } from "./retention_table.ts";
import { scheduledSql } from "./scheduled_sql.ts";
import { terraformVariables } from "./terraform_variables.ts";
import { viewPaths, withBounds } from "./view_bounds.ts";

/** A file as it must be. */
interface GeneratedFile {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
}

const ROOT = new URL("../../", import.meta.url);
const DOCUMENT = "docs/retention.md";
const MARKS = [
  "<!-- from core/retention/policy.json: deno task generate -->",
  "<!-- end -->",
] as const;

/** Every generated file; of the document and the views, the text around what is generated is what stands there now. */
export function generatedFiles(): GeneratedFile[] {
  return [
    { path: "infra/retention/lifecycle.json", text: json(lifecycleRules()) },
    { path: "infra/terraform/retention.auto.tfvars.json", text: json(terraformVariables()) },
    ...Object.entries(scheduledSql()).map(([name, text]) => ({
      path: `infra/bigquery/scheduled/${name}`,
      text,
    })),
    ...viewPaths().map((path) => ({ path, text: withBounds(readGenerated(path)) })),
    { path: DOCUMENT, text: withSection(readGenerated(DOCUMENT), MARKS, retentionTable()) },
  ];
}

/** A file of the repository as it stands. */
export function readGenerated(path: string): string {
  return readFileSync(new URL(path, ROOT), "utf8");
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function main(): void {
  for (const { path, text } of generatedFiles()) {
    if (readIfThere(path) === text) continue;
    writeFileSync(fileURLToPath(new URL(path, ROOT)), text);
    console.log(`Wrote ${path}`);
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readGenerated(path);
  } catch {
    return undefined;
  }
}

if (import.meta.main) main();
