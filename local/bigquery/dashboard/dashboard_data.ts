import { readdirSync, readFileSync } from "node:fs";
import type { DuckDBValue } from "@duckdb/node-api";
import { DATASET } from "../../../infra/bigquery/read_schemas.ts";
import { formatRows, type QueryResult, type ResultField } from "../result_rows.ts";
import { runQuery } from "../run_query.ts";
import type { BigQueryParts } from "../bigquery_parts.ts";

/** A cell as the page takes it: times and days as texts. */
type DashboardCell = string | number | boolean | null;

/** What became of one view: its rows by column, or why there are none. */
type ViewResult =
  | { readonly columns: readonly string[]; readonly rows: readonly DashboardRow[] }
  | { readonly error: string };

type DashboardRow = Readonly<Record<string, DashboardCell>>;

/** Everything that the page shows. */
interface DashboardData {
  readonly project: string;
  readonly nowMs: number;
  /** How long images are kept, in milliseconds. */
  readonly retentionMs: number;
  readonly views: Readonly<Record<string, ViewResult>>;
}

/** A worked question: its file without the ending, what is asked, its SQL, and the most that it may read in BigQuery. */
interface Question {
  readonly name: string;
  readonly title: string;
  readonly sql: string;
  /** Bytes, as BigQuery takes them; the query is refused where it would read more. */
  readonly maximumBytesBilled: string;
}

const QUESTIONS = new URL("../../../infra/bigquery/questions/", import.meta.url);

/** The views that the page draws; those with a row an image are not among them. */
const VIEWS = [
  "certificate_state",
  "daily_volume",
  "dominant_colors",
  "formats_and_devices",
  "ingestion_by_door_and_tenant",
  "latency_by_stage",
  "rejects_by_reason",
  "retention_state",
  "slo_burn_rates",
  "storage_and_cost",
] as const;

/** Runs every view of the page; one that fails says why and costs no other. */
export async function readDashboardData(parts: BigQueryParts): Promise<DashboardData> {
  const results = await Promise.all(
    VIEWS.map(async (view) => [view, await readView(parts, view)] as const),
  );
  return {
    project: parts.project,
    nowMs: parts.now(),
    retentionMs: parts.retentionMs,
    views: Object.fromEntries(results),
  };
}

/** The ten worked questions, in their order. Throws Error for one that does not say how much it may read. */
export function readQuestions(): Question[] {
  const files = readdirSync(QUESTIONS).filter((file) => file.endsWith(".sql")).sort();
  return files.map((file) => {
    const sql = readFileSync(new URL(file, QUESTIONS), "utf8").trim();
    const head = /^-- (.*)\n-- maximum_bytes_billed: (\d+)\n/.exec(sql);
    const [, title, maximumBytesBilled] = head ?? [];
    if (title === undefined || maximumBytesBilled === undefined) {
      throw new Error(`Cannot read ${file} as it begins with no title and maximum_bytes_billed`);
    }
    return { name: file.slice(0, -".sql".length), title, sql, maximumBytesBilled };
  });
}

async function readView(parts: BigQueryParts, view: string): Promise<ViewResult> {
  try {
    const { fields, rows } = await runQuery(parts, `SELECT * FROM ${DATASET}.${view}`);
    return { columns: fields.map(({ name }) => name), rows: plainRows(fields, rows) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function plainRows(fields: QueryResult["fields"], rows: readonly (readonly DuckDBValue[])[]) {
  return formatRows(rows, "ISO8601_STRING").map(({ f }) =>
    Object.fromEntries(
      fields.map((field, index) => [field.name, plainCell(field, f[index]?.v ?? null)]),
    )
  );
}

function plainCell({ type }: ResultField, cell: unknown): DashboardCell {
  if (cell === null) return null;
  if (type === "INTEGER" || type === "FLOAT") return Number(cell);
  return type === "BOOLEAN" ? cell === "true" : String(cell);
}
