import * as z from "zod";
import { GoogleError } from "./google_error.ts";
import { SCALAR_TYPES, type ScalarTypeName } from "./scalar_types.ts";

const fieldSchema = z.object({
  name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,299}$/),
  type: z.string().transform((type) => type.toUpperCase()).pipe(
    z.enum(Object.keys(SCALAR_TYPES) as [ScalarTypeName, ...ScalarTypeName[]]), // keys of a const table, never empty
  ),
  mode: z.enum(["NULLABLE", "REQUIRED"]).default("NULLABLE"),
  description: z.string().optional(),
});

/** A column as BigQuery describes it. */
export type Field = z.infer<typeof fieldSchema>;

/** Column that each table has for the streaming buffer; no response ever shows it. */
export const HIDDEN_COLUMN = "_ingested_at";

/** Reads a list of fields; throws GoogleError `invalid` that names what cannot be kept. */
export function parseFields(fields: unknown): Field[] {
  const read = z.array(fieldSchema).min(1).safeParse(fields);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const path = issue?.path.join(".") ?? "";
  throw new GoogleError("invalid", `Invalid schema at fields.${path}: ${issue?.message}`);
}

/** A field as `tables.get` shows it, with the API's name of its type. */
export function describeField(field: Field): Field | Record<string, string> {
  return { ...field, type: SCALAR_TYPES[field.type].api };
}

/** A column of DuckDB's DDL, without constraints. */
export function columnDdl({ name, type }: Field): string {
  return `${quote(name)} ${SCALAR_TYPES[type].duckdb}`;
}

/** An identifier in double quotes. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text in single quotes. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
