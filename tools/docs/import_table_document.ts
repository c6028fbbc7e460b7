/** Writes the table of imports into CONTRIBUTING.md; `deno task generate` runs it, a test fails where the two differ. */
import { readFileSync, writeFileSync } from "node:fs";
import { IMPORT_TABLE, RUNTIMES } from "../lint/import_table.ts";
import { markdownTable, withSection } from "../marked_section.ts";

/** The document that shows the table. */
export const CONTRIBUTING = new URL("../../CONTRIBUTING.md", import.meta.url);

const MARKS = [
  "<!-- From tools/lint/import_table.ts by `deno task generate` -->",
  "<!-- End of the table -->",
] as const;

/** The document's text with the table as it is now. Throws Error where it has no place for it. */
export function withImportTable(document: string): string {
  const rows = Object.entries(IMPORT_TABLE).map(([folder, imports]) => {
    const others = imports.filter((each) => each !== folder).map((each) => `\`${each}\``);
    const runtimes = RUNTIMES[folder.split("/", 1)[0] ?? ""];
    return [`\`${folder}\``, runtimes ?? "", others.join(", ") || "nothing of ours"];
  });
  return withSection(document, MARKS, markdownTable(["folder", "runs on", "may import"], rows));
}

if (import.meta.main) {
  writeFileSync(CONTRIBUTING, withImportTable(readFileSync(CONTRIBUTING, "utf8")));
  console.log("Wrote the table of imports in CONTRIBUTING.md");
}
