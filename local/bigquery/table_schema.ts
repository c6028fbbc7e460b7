import { type DuckDBType, LIST, STRUCT } from "@duckdb/node-api";
import * as z from "zod";
import { GoogleError } from "./google_error.ts";
import { SCALAR_TYPES, type ScalarTypeName, scalarTypeOf } from "./scalar_types.ts";

/** A column, or a part of a record, as BigQuery describes it. */
export interface Field {
  readonly name: string;
  readonly type: ScalarTypeName | "RECORD";
  readonly mode: "NULLABLE" | "REQUIRED" | "REPEATED";
  readonly description?: string | undefined;
  /** Of a record alone. */
  readonly fields?: readonly Field[] | undefined;
}

const TYPES = [...Object.keys(SCALAR_TYPES) as ScalarTypeName[], "RECORD"] as const; // keys of a const table

const fieldSchema: z.ZodType<Field> = z.object({
  name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,299}$/),
  type: z.string()
    .transform((type) => type.toUpperCase().replace(/^STRUCT$/, "RECORD"))
    .pipe(z.enum(TYPES)),
  mode: z.enum(["NULLABLE", "REQUIRED", "REPEATED"]).default("NULLABLE"),
  description: z.string().optional(),
  get fields() {
    return z.array(fieldSchema).min(1).optional();
  },
}).refine(
  ({ type, fields }) => (type === "RECORD") === (fields !== undefined),
  "a record has fields, and nothing else has",
);

/** Column that each table has for the time at which a row was written; no response ever shows it. */
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
export function describeField(field: Field): Record<string, unknown> {
  const { type, fields } = field;
  return type === "RECORD"
    ? { ...field, fields: fields?.map(describeField) }
    : { ...field, type: scalarTypeOf(type)?.api ?? type };
}

/** A column of DuckDB's DDL, without constraints. */
export function columnDdl(field: Field): string {
  return `${quote(field.name)} ${duckdbTypeOf(field)}`;
}

function duckdbTypeOf({ type, mode, fields = [] }: Field): DuckDBType {
  const one = type === "RECORD"
    ? STRUCT(Object.fromEntries(fields.map((field) => [field.name, duckdbTypeOf(field)])))
    : SCALAR_TYPES[type].duckdb;
  return mode === "REPEATED" ? LIST(one) : one;
}

/** An identifier in double quotes. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text in single quotes. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
