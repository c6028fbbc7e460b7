import { readdirSync, readFileSync } from "node:fs";
import { DATASET } from "../../../infra/bigquery/read_schemas.ts";
import { formatRows, type ResultField } from "../result_rows.ts";
import { runQuery } from "../run_query.ts";
import type { BigQueryParts } from "../bigquery_parts.ts";

/** A cell as the page takes it: times and days as texts. */
type DashboardCell = string | number | boolean | null;

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

/** Runs every view of the page, whose rows it gives by column; one that fails says why and costs no other. */
export async function readDashboardData(parts: BigQueryParts) {
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

async function readView(parts: BigQueryParts, view: string) {
  try {
    const { fields, rows } = await runQuery(parts, `SELECT * FROM ${DATASET}.${view}`);
    const plain = formatRows(rows, "ISO8601_STRING").map(({ f }) =>
      Object.fromEntries(
        fields.map((field, index) => [field.name, plainCell(field, f[index]?.v ?? null)]),
      )
    );
    return { columns: fields.map(({ name }) => name), rows: plain };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function plainCell({ type }: ResultField, cell: unknown): DashboardCell {
  if (cell === null) return null;
  if (type === "INTEGER" || type === "FLOAT") return Number(cell);
  return type === "BOOLEAN" ? cell === "true" : String(cell);
}
