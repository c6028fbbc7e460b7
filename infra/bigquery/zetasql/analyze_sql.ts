/**
 * Asks ZetaSQL, the SQL front end that BigQuery uses, what it makes of the project's SQL: `analyze_sql` gives it the
 * tables of the schema files and the texts, `AnalyzeSql.java` answers what is wrong, which columns come out, and which
 * tables are read without their partition. `install_zetasql` fetches it from Maven Central.
 */
import { DATASET, readTables, type Table, type ViewColumn } from "../read_schemas.ts";
import { runZetasql } from "./run_zetasql.ts";

/** What the analyzer says of one text. */
export interface Finding {
  readonly source: string;
  /** Why BigQuery would refuse it, with line and column; undefined where it would not. */
  readonly error?: string;
  /** What a query gives, with BigQuery's types; none for DML. */
  readonly columns: readonly Pick<ViewColumn, "name" | "type">[];
  /** Tables that it reads without a filter on their partition. */
  readonly unfiltered: readonly string[];
}

/** A text to analyse; `views/NAME.sql` is the table NAME for the texts after it. */
interface SqlText {
  readonly source: string;
  readonly sql: string;
}

/** Analyses the texts against the schema files; a view is moved behind those that it stands on. */
export function analyzeSql(
  texts: readonly SqlText[],
  tables: readonly Table[] = readTables(),
): Finding[] {
  const input = {
    dataset: DATASET,
    parameters: parameterTypes(tables),
    tables,
    texts: inOrder(texts),
  };
  return runZetasql("AnalyzeSql.java", input) as Finding[]; // our own program's output
}

/** A parameter is named after the column that it is compared with; the scheduler gives `run_time`. */
function parameterTypes(tables: readonly Table[]): Record<string, string> {
  const columns = tables.flatMap((table) => table.columns.filter(({ type }) => type !== "RECORD"));
  const types = columns.map(({ name, type }) => [name, type] as const);
  return { ...Object.fromEntries(types), run_time: "TIMESTAMP" };
}

/** Views first, each behind the views that it names. */
function inOrder(texts: readonly SqlText[]): SqlText[] {
  const views = texts.filter(({ source }) => source.startsWith("views/"));
  const ordered: SqlText[] = [];
  const add = (view: SqlText) => {
    if (ordered.includes(view)) return;
    for (const other of views) if (other !== view && names(view.sql, other.source)) add(other);
    ordered.push(view);
  };
  views.forEach(add);
  return [...ordered, ...texts.filter((text) => !views.includes(text))];
}

function names(sql: string, viewSource: string): boolean {
  const view = viewSource.slice("views/".length, -".sql".length);
  return new RegExp(`\\b${DATASET}\\.${view}\\b`).test(sql);
}
