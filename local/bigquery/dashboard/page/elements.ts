/// <reference lib="dom" />
import { cell } from "./format.ts";

/** A row of a view. */
export type Row = Readonly<Record<string, string | number | boolean | null>>;

/** A new element with its class and what is in it; texts stay texts. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = "",
  ...content: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  if (className !== "") made.className = className;
  made.append(...content);
  return made;
}

/** An element of the page's own HTML. Throws Error where it is not there. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`Cannot draw the page as it has no #${id}`);
  return found;
}

/** A table that scrolls in its own box; numbers stand to the right. */
export function table(columns: readonly string[], rows: readonly Row[]): HTMLElement {
  const isNumber = (column: string) => rows.some((row) => typeof row[column] === "number");
  const classOf = (column: string) => isNumber(column) ? "number" : "";
  const head = element(
    "tr",
    "",
    ...columns.map((column) => element("th", classOf(column), column.replaceAll("_", " "))),
  );
  const body = rows.map((row) =>
    element("tr", "", ...columns.map((name) => element("td", classOf(name), cell(row[name]))))
  );
  const made = element("table", "", element("thead", "", head), element("tbody", "", ...body));
  const box = element("div", "scroll", made);
  box.tabIndex = 0;
  return box;
}

/** The sum of a column; what is not there counts as 0. */
export function total(rows: readonly Row[], column: string): number {
  return rows.reduce((sum, row) => sum + Number(row[column] ?? 0), 0);
}
