import {
  DuckDBBlobValue,
  DuckDBListType,
  DuckDBListValue,
  type DuckDBMaterializedResult,
  DuckDBStructType,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
  listValue,
} from "@duckdb/node-api";
import { HIDDEN_COLUMN } from "./table_schema.ts";
import { formatMicrosIso } from "./timestamp.ts";

/** How timestamps go out: microseconds, seconds with a fraction, or ISO 8601. */
export type TimestampFormat = "INT64" | "FLOAT64" | "ISO8601_STRING";

/** A column of a result as BigQuery describes it. */
export interface ResultField {
  readonly name: string;
  readonly type: string;
  readonly mode: "NULLABLE" | "REPEATED";
  readonly fields?: readonly ResultField[];
}

/** A query's result: its columns, and its rows as DuckDB gave them, hidden columns left out. */
export interface QueryResult {
  readonly fields: readonly ResultField[];
  readonly rows: readonly (readonly DuckDBValue[])[];
}

/** A value as the API writes it: null, text, a list of values or a record. */
type Cell = null | string | readonly Wrapped[] | Row;

interface Wrapped {
  readonly v: Cell;
}

interface Row {
  readonly f: readonly Wrapped[];
}

/** By DuckDB's names; its other types are integers, or shown as texts. */
const API_TYPES: Readonly<Record<string, string>> = {
  BOOLEAN: "BOOLEAN",
  FLOAT: "FLOAT",
  DOUBLE: "FLOAT",
  DECIMAL: "NUMERIC",
  TIMESTAMP_TZ: "TIMESTAMP",
  TIMESTAMP: "DATETIME",
  DATE: "DATE",
  TIME: "TIME",
  BLOB: "BYTES",
  INTERVAL: "INTERVAL",
};

/** Reads DuckDB's result into memory. */
export async function readResult(result: DuckDBMaterializedResult): Promise<QueryResult> {
  const names = result.columnNames();
  const shown = names.map((_, index) => index).filter((index) => names[index] !== HIDDEN_COLUMN);
  const fields = shown.map((index, place) =>
    describeType(columnName(names[index] ?? "", place), result.columnType(index))
  );
  const rows = await result.getRows();
  return {
    fields,
    // BigQuery knows no missing list, only an empty one.
    rows: rows.map((row) =>
      shown.map((index, place) =>
        row[index] ?? (fields[place]?.mode === "REPEATED" ? listValue([]) : null)
      )
    ),
  };
}

/** Rows in the API's shape, `{f: [{v}]}`. */
export function formatRows(rows: QueryResult["rows"], format: TimestampFormat): Row[] {
  return rows.map((row) => ({ f: row.map((value) => ({ v: formatCell(value, format) })) }));
}

/** BigQuery calls an unnamed column `f0_` by its place; DuckDB names it after its expression. */
function columnName(name: string, place: number): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `f${place}_`;
}

/** A column as BigQuery describes it, by its type in DuckDB. */
export function describeType(name: string, type: DuckDBType): ResultField {
  if (type instanceof DuckDBListType) {
    return { ...describeType(name, type.valueType), mode: "REPEATED" };
  }
  if (type instanceof DuckDBStructType) {
    const fields = type.entryNames.map((entry, index) =>
      describeType(entry, type.entryTypes[index] ?? type)
    );
    return { name, type: "RECORD", mode: "NULLABLE", fields };
  }
  return { name, type: apiTypeOf(DuckDBTypeId[type.typeId] ?? ""), mode: "NULLABLE" };
}

function apiTypeOf(name: string): string {
  return /INT$|^INTEGER$/.test(name) ? "INTEGER" : API_TYPES[name] ?? "STRING";
}

function formatCell(value: DuckDBValue, format: TimestampFormat): Cell {
  if (value === null) return null;
  if (value instanceof DuckDBTimestampTZValue) return formatTimestamp(value.micros, format);
  if (value instanceof DuckDBListValue) {
    return value.items.map((item) => ({ v: formatCell(item, format) }));
  }
  if (value instanceof DuckDBStructValue) {
    const cells = Object.values(value.entries);
    return { f: cells.map((cell) => ({ v: formatCell(cell, format) })) };
  }
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString("base64");
  return String(value);
}

function formatTimestamp(micros: bigint, format: TimestampFormat): string {
  if (format === "INT64") return String(micros);
  if (format === "ISO8601_STRING") return formatMicrosIso(micros);
  return (Number(micros) / 1e6).toFixed(6);
}
