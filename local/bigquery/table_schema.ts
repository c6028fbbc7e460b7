import * as z from "zod";
import { GoogleError } from "./google_error.ts";

/** The column types that the warehouse keeps: how DuckDB stores each, and how BigQuery's API names it. */
export const COLUMN_TYPES = {
  STRING: { duckdb: "VARCHAR", api: "STRING" },
  INT64: { duckdb: "BIGINT", api: "INTEGER" },
  INTEGER: { duckdb: "BIGINT", api: "INTEGER" },
  FLOAT64: { duckdb: "DOUBLE", api: "FLOAT" },
  FLOAT: { duckdb: "DOUBLE", api: "FLOAT" },
  BOOL: { duckdb: "BOOLEAN", api: "BOOLEAN" },
  BOOLEAN: { duckdb: "BOOLEAN", api: "BOOLEAN" },
  TIMESTAMP: { duckdb: "TIMESTAMPTZ", api: "TIMESTAMP" },
  DATE: { duckdb: "DATE", api: "DATE" },
} as const satisfies Record<string, { readonly duckdb: string; readonly api: string }>;

/** A type that a table's column may have. */
export type ColumnType = keyof typeof COLUMN_TYPES;

const fieldSchema = z.object({
  name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,299}$/),
  type: z.string().transform((type) => type.toUpperCase()).pipe(
    z.enum(Object.keys(COLUMN_TYPES) as [ColumnType, ...ColumnType[]]), // keys of a const table, never empty
  ),
  mode: z.enum(["NULLABLE", "REQUIRED"]).default("NULLABLE"),
  description: z.string().optional(),
});

/** A column as BigQuery describes it. */
export type Field = z.infer<typeof fieldSchema>;

/** Column that the warehouse adds to each table for its streaming buffer; no answer ever shows it. */
export const HIDDEN_COLUMN = "_ingested_at";

/** Reads a list of fields; throws GoogleError `invalid` that names what the warehouse does not keep. */
export function parseFields(fields: unknown): Field[] {
  const read = z.array(fieldSchema).min(1).safeParse(fields);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const path = issue?.path.join(".") ?? "";
  throw new GoogleError("invalid", `Invalid schema at fields.${path}: ${issue?.message}`);
}

/** A field as `tables.get` shows it, with the API's name of its type. */
export function describeField(field: Field): Field | Record<string, string> {
  return { ...field, type: COLUMN_TYPES[field.type].api };
}

/** A column of DuckDB's `CREATE TABLE` or `ADD COLUMN`. */
export function columnDdl(field: Field, { withConstraints }: { withConstraints: boolean }): string {
  const constraint = withConstraints && field.mode === "REQUIRED" ? " NOT NULL" : "";
  return `${quote(field.name)} ${COLUMN_TYPES[field.type].duckdb}${constraint}`;
}

/** An identifier in double quotes. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text in single quotes. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
