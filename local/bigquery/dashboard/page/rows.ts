/// <reference lib="dom" />
import { html, type TemplateResult } from "lit-html";
import { cell } from "./format.ts";

/** A row of a view. */
export type Row = Readonly<Record<string, string | number | boolean | null>>;

/** What every part of the page may need beside its rows. */
export interface Context {
  readonly nowMs: number;
  readonly retentionMs: number;
}

/** A table that scrolls in its own box; numbers stand to the right. */
export function table(columns: readonly string[], rows: readonly Row[]): TemplateResult {
  const numbers = new Set(
    columns.filter((column) => rows.some((row) => typeof row[column] === "number")),
  );
  const classOf = (column: string) => numbers.has(column) ? "number" : "";
  const head = (column: string) =>
    html`<th class=${classOf(column)}>${column.replaceAll("_", " ")}</th>`;
  const body = (row: Row) =>
    columns.map((column) => html`<td class=${classOf(column)}>${cell(row[column])}</td>`);
  return html`
    <div class="scroll" tabindex="0">
      <table>
        <thead>
          <tr>${columns.map(head)}</tr>
        </thead>
        <tbody>${rows.map((row) => html`<tr>${body(row)}</tr>`)}</tbody>
      </table>
    </div>
  `;
}

/** The sum of a column; what is not there counts as 0. */
export function total(rows: readonly Row[], column: string): number {
  return rows.reduce((sum, row) => sum + Number(row[column] ?? 0), 0);
}
