import { DuckDBDateValue, DuckDBTimestampTZValue, type DuckDBValue } from "@duckdb/node-api";
import { COLUMN_TYPES, type Field } from "./table_schema.ts";
import { parseTimestampMicros } from "./timestamp.ts";

/** What is wrong with a row, as `insertErrors` says it. */
export interface RowError {
  readonly reason: "invalid" | "stopped";
  /** Name of the field. */
  readonly location: string;
  readonly debugInfo: string;
  readonly message: string;
}

/** A row that fits, as DuckDB takes it by column name, or everything that is wrong with it. */
export type CheckedRow =
  | { readonly values: ReadonlyMap<string, DuckDBValue>; readonly errors?: never }
  | { readonly errors: readonly RowError[]; readonly values?: never };

/** The error of rows that were good, in a call in which another was not. */
export const STOPPED: RowError = { reason: "stopped", location: "", debugInfo: "", message: "" };

class BadValue extends Error {}

/** Checks a row of `insertAll` against a table's fields, as BigQuery does; names are told apart regardless of case. */
export function checkRow(
  fields: readonly Field[],
  row: Readonly<Record<string, unknown>>,
  { ignoreUnknownValues }: { ignoreUnknownValues: boolean },
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
    try {
      values.set(field.name, readCell(field, json));
    } catch (error) {
      if (!(error instanceof BadValue)) throw error;
      errors.push(invalid(field.name, error.message));
    }
  }
  for (const { name, mode } of fields) {
    const missing = mode === "REQUIRED" && (values.get(name) ?? null) === null;
    const told = errors.some(({ location }) => location === name);
    if (missing && !told) errors.push(invalid(name, `Missing required field: ${name}.`));
  }
  return errors.length > 0 ? { errors } : { values };
}

function invalid(location: string, message: string): RowError {
  return { reason: "invalid", location, debugInfo: "", message };
}

const READERS = {
  STRING: (value) => String(value),
  INTEGER: readInteger,
  FLOAT: readFloat,
  BOOLEAN: readBoolean,
  TIMESTAMP: readTimestamp,
  DATE: readDate,
} as const satisfies Record<
  (typeof COLUMN_TYPES)[keyof typeof COLUMN_TYPES]["api"],
  (value: string | number | boolean) => DuckDBValue
>;

function readCell(field: Field, json: unknown): DuckDBValue {
  if (json === null || json === undefined) return null;
  if (Array.isArray(json)) {
    throw new BadValue(`Array specified for non-repeated field: ${field.name}.`);
  }
  if (typeof json !== "string" && typeof json !== "number" && typeof json !== "boolean") {
    throw new BadValue(`This field: ${field.name} is not a record.`);
  }
  return READERS[COLUMN_TYPES[field.type].api](json);
}

function readInteger(value: string | number | boolean): bigint {
  const text = String(value).trim().replace(/\.0+$/, "");
  const whole = /^[+-]?\d{1,19}$/.test(text) ? BigInt(text) : null;
  if (typeof value !== "boolean" && whole !== null && BigInt.asIntN(64, whole) === whole) {
    return whole;
  }
  throw new BadValue(`Cannot convert value to integer (bad value): ${value}`);
}

function readFloat(value: string | number | boolean): number {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number === "number" && (!Number.isNaN(number) || value === "NaN")) return number;
  throw new BadValue(`Cannot convert value to floating point (bad value): ${value}`);
}

function readBoolean(value: string | number | boolean): boolean {
  const text = String(value).toLowerCase();
  if (text === "true" || text === "false") return text === "true";
  throw new BadValue(`Cannot convert value to boolean (bad value): ${value}`);
}

function readTimestamp(value: string | number | boolean): DuckDBValue {
  const micros = typeof value === "boolean" ? null : parseTimestampMicros(value);
  if (micros !== null) return new DuckDBTimestampTZValue(micros);
  throw new BadValue(
    `Could not parse '${value}' as a timestamp. Required format is YYYY-MM-DD HH:MM[:SS[.SSSSSS]] or YYYY/MM/DD HH:MM[:SS[.SSSSSS]]`,
  );
}

function readDate(value: string | number | boolean): DuckDBValue {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(String(value)) ? Date.parse(`${value}T00:00Z`) : NaN;
  if (!Number.isNaN(ms)) return new DuckDBDateValue(ms / 86_400_000);
  throw new BadValue(`Could not parse '${value}' as a date. Required format is YYYY-MM-DD`);
}
