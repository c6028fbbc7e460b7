/// <reference lib="dom" />
import { html, type TemplateResult } from "lit-html";
import type { Row } from "./rows.ts";

const FILTERS = ["tenant", "source", "day"] as const;

type Filter = (typeof FILTERS)[number];

const chosen: Partial<Record<Filter, string>> = {};

/** The rows that the choices leave; rows of a view that has no such column all stay. */
export function filtered(rows: readonly Row[]): Row[] {
  return rows.filter((row) =>
    FILTERS.every((filter) => {
      const value = valueOf(row, filter);
      return chosen[filter] === undefined || value === undefined || value === chosen[filter];
    })
  );
}

/** A choice for each filter, of what is in the rows or was chosen; `onChange` is called after each. */
export function filterBar(rows: readonly Row[], onChange: () => void): TemplateResult[] {
  return FILTERS.map((filter) => {
    const values = new Set([...rows.map((row) => valueOf(row, filter)), chosen[filter]]);
    const change = ({ currentTarget }: { currentTarget: HTMLSelectElement }) => {
      if (currentTarget.value === "") delete chosen[filter];
      else chosen[filter] = currentTarget.value;
      onChange();
    };
    const options = [...values].filter((value) => value !== undefined).sort();
    return html`
      <label>${filter}
        <select name=${filter} @change=${change}>
          <option value="">all</option>
          ${options.map((value) =>
            html`<option value=${value} ?selected=${value === chosen[filter]}>${value}</option>`
          )}
        </select>
      </label>
    `;
  });
}

/** Undefined where the row has no such column, or nothing in it. */
function valueOf(row: Row, filter: Filter): string | undefined {
  const value = filter === "day" ? row["day"] ?? row["hour"] : row[filter];
  if (value === undefined || value === null) return undefined;
  return filter === "day" ? String(value).slice(0, 10) : String(value);
}
