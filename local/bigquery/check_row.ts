import type { DuckDBValue } from "@duckdb/node-api";
import { SCALAR_TYPES } from "./scalar_types.ts";
import type { Field } from "./table_schema.ts";

/** What is wrong with a row, in the words of `insertErrors`. */
export interface RowError {
  readonly reason: "invalid" | "stopped";
  /** Name of the field. */
  readonly location: string;
  readonly debugInfo: string;
  readonly message: string;
}

/** A row that fits, as DuckDB takes it by column name, or everything that is wrong with it. */
type CheckedRow =
  | { readonly values: ReadonlyMap<string, DuckDBValue>; readonly errors?: never }
  | { readonly errors: readonly RowError[]; readonly values?: never };

/** How a call treats rows that do not fit. */
export interface InsertOptions {
  readonly ignoreUnknownValues: boolean;
  readonly skipInvalidRows: boolean;
  /** Whether rows go through the streaming buffer, as those of `insertAll` do: true by default. */
  readonly isBuffered?: boolean;
}

/** The error of rows that were good, in a call in which another was not. */
export const STOPPED: RowError = { reason: "stopped", location: "", debugInfo: "", message: "" };

/** Checks a row of `insertAll` against a table's fields, as BigQuery does; names are compared regardless of case. */
export function checkRow(
  fields: readonly Field[],
  row: Readonly<Record<string, unknown>>,
  { ignoreUnknownValues }: Pick<InsertOptions, "ignoreUnknownValues">,
): CheckedRow {
  const byName = new Map(fields.map((field) => [field.name.toLowerCase(), field]));
  const values = new Map<string, DuckDBValue>();
  const errors: RowError[] = [];
  for (const [name, json] of Object.entries(row)) {
    const field = byName.get(name.toLowerCase());
    if (field === undefined) {
      if (!ignoreUnknownValues) errors.push(invalid(name, `no such field: ${name}.`));
      continue;
    }
    const cell = readCell(field, json);
    if (typeof cell === "object" && cell !== null && "refusal" in cell) {
      errors.push(invalid(field.name, cell.refusal));
    } else values.set(field.name, cell);
  }
  for (const { name, mode } of fields) {
    const isMissing = mode === "REQUIRED" && (values.get(name) ?? null) === null;
    const isReported = errors.some(({ location }) => location === name);
    if (isMissing && !isReported) errors.push(invalid(name, `Missing required field: ${name}.`));
  }
  return errors.length > 0 ? { errors } : { values };
}

function invalid(location: string, message: string): RowError {
  return { reason: "invalid", location, debugInfo: "", message };
}

function readCell({ name, type }: Field, json: unknown): DuckDBValue | { refusal: string } {
  if (json === null || json === undefined) return null;
  if (Array.isArray(json)) {
    return { refusal: `Array specified for non-repeated field: ${name}.` };
  }
  if (typeof json !== "string" && typeof json !== "number" && typeof json !== "boolean") {
    return { refusal: `This field: ${name} is not a record.` };
  }
  const { read, refusal } = SCALAR_TYPES[type];
  return read(json) ?? { refusal: refusal(json) };
}
