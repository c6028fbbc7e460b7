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

/** The columns that several views share, then what each view means and its other columns. */
export function describeViews(): string {
  const shared = sharedColumns();
  const sections = viewNames().map((view) => describeView(view, shared));
  const table = columnTable([...shared.values()]);
  return [`Columns that three or more views share:\n\n${table}`, ...sections].join(
    "\n\n",
  );
}

function describeView(view: string, shared: ReadonlyMap<string, ViewColumn>): string {
  const columns = readViewColumns(view);
  if (columns.length > 20) {
    const details = `<details><summary>Columns</summary>\n\n${columnTable(columns)}\n\n</details>`;
    return [`### \`${view}\``, readViewMeaning(view), details].join("\n\n");
  }
  const isShared = (column: ViewColumn) => shared.has(identityOf(column));
  const names = columns.filter(isShared).map(({ name }) => `\`${name}\``);
  const also = names.length === 0 ? "" : ` Shared columns: ${names.join(", ")}.`;
  const own = columns.filter((column) => !isShared(column));
  return [`### \`${view}\``, `${readViewMeaning(view)}${also}`, columnTable(own)].join("\n\n");
}

/** Columns that at least three views have with the same name, type and description. */
function sharedColumns(): Map<string, ViewColumn> {
  const columns = Map.groupBy(viewNames().flatMap(readViewColumns), identityOf);
  return new Map(
    [...columns].flatMap(([identity, [first, ...others]]) =>
      first === undefined || others.length < 2 ? [] : [[identity, first]]
    ),
  );
}

function identityOf({ name, type, description }: ViewColumn): string {
  return JSON.stringify([name, type, description]);
}

function columnTable(columns: readonly ViewColumn[]): string {
  return markdownTable(["column", "type", "what it holds"], columns.map(cellsOfColumn));
}

/** The report, page by page: each chart's kind and query. */
function describeReport(): string {
  return REPORT_PAGES.map(({ title, charts }) =>
    `**${title}**\n\n\`\`\`sql\n${charts.map(describeChart).join("\n")}\n\`\`\``
  ).join("\n\n");
}

function describeChart(chart: ReportChart): string {
  const kind = chart.type.charAt(0).toLowerCase() + chart.type.slice(1);
  const breakdown = chart.breakdown === undefined ? "" : ` by ${chart.breakdown}`;
  return `-- ${chart.title}: ${kind}${breakdown}\n${queryOfChart(chart)};`;
}

function cellsOfColumn({ name, type, mode, description, fields = [] }: ViewColumn): string[] {
  const names = fields.map((field) => `\`${field.name}\``).join(", ");
  return [
    `\`${name}\``,
    mode === "REPEATED" ? `${type}, repeated` : type,
    names === "" ? description : `${description}: ${names}`,
  ];
}

if (import.meta.main) {
  writeFileSync(ANALYSTS_PATH, withDescriptions(readFileSync(ANALYSTS_PATH, "utf8")));
  console.log("Wrote the views and the report to docs/analysts.md");
}
