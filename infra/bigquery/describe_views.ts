/**
 * Writes what `docs/analysts.md` says of the views and of the report: `read_schemas` and the SQL's own comments hold it.
 * `deno task generate` runs this; a test fails where the document differs.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { markdownTable, type Marks, withSection } from "../../tools/marked_section.ts";
import { queryOfChart, REPORT_PAGES, type ReportChart } from "./looker/report.ts";
import { readViewColumns, readViewMeaning, type ViewColumn, viewNames } from "./read_schemas.ts";

/** The document that is written. */
export const ANALYSTS_PATH = fileURLToPath(new URL("../../docs/analysts.md", import.meta.url));

/** The document with the views and the report between their marks. Throws Error where a mark is missing. */
export function withDescriptions(document: string): string {
  const described = withSection(document, marksOf("views"), describeViews());
  return withSection(described, marksOf("report"), describeReport());
}

function marksOf(name: string): Marks {
  return [`<!-- ${name}: deno task generate -->`, `<!-- end of ${name} -->`];
}

/** What each view means and each of its columns. */
export function describeViews(): string {
  return viewNames().map((view) => {
    const columns = readViewColumns(view);
    const table = markdownTable(["column", "type", "what it holds"], columns.map(cellsOfColumn));
    return [
      `### \`${view}\``,
      readViewMeaning(view),
      columns.length > 20 ? `<details><summary>Columns</summary>\n\n${table}\n\n</details>` : table,
    ].join("\n\n");
  }).join("\n\n");
}

/** The report, page by page and field by field. */
function describeReport(): string {
  const fields = ["dimensions", "breakdown", "metrics", "sort", "filter"];
  const head = ["chart", "kind", "data source", ...fields];
  return REPORT_PAGES.map(({ title, charts }) => {
    const queries = charts.map((chart) => `-- ${chart.title}\n${queryOfChart(chart)};`).join("\n");
    return [
      `**${title}**`,
      markdownTable(head, charts.map(cellsOfChart)),
      `<details><summary>Each chart's query</summary>\n\n\`\`\`sql\n${queries}\n\`\`\`\n\n</details>`,
    ].join("\n\n");
  }).join("\n\n");
}

function cellsOfColumn({ name, type, mode, description, fields = [] }: ViewColumn): string[] {
  const names = fields.map((field) => `\`${field.name}\``).join(", ");
  return [
    `\`${name}\``,
    mode === "REPEATED" ? `${type}, repeated` : type,
    names === "" ? description : `${description}: ${names}`,
  ];
}

function cellsOfChart(chart: ReportChart): string[] {
  const { title, type, view, dimensions, breakdown = "", metrics, sort = "", filter = "" } = chart;
  const codes = (texts: readonly string[]) => texts.map((text) => `\`${text}\``).join(", ");
  const broken = breakdown === "" ? "" : codes([breakdown]);
  return [
    title,
    type,
    codes([view]),
    codes(dimensions),
    broken,
    codes(metrics),
    sort,
    filter && codes([filter]),
  ];
}

if (import.meta.main) {
  writeFileSync(ANALYSTS_PATH, withDescriptions(readFileSync(ANALYSTS_PATH, "utf8")));
  console.log("Wrote the views and the report to docs/analysts.md");
}
