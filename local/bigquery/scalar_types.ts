/**
 * BigQuery's scalar types, a row each: its name in the API, the type in which DuckDB stores it, and how a JSON value is
 * read (undefined where it cannot be).
 */
import {
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  DuckDBDateValue,
  DuckDBTimestampTZValue,
  type DuckDBType,
  type DuckDBValue,
  TIMESTAMPTZ,
  VARCHAR,
} from "@duckdb/node-api";
import { parseTimestampMicros } from "./timestamp.ts";

type Scalar = string | number | boolean;

interface ScalarType {
  readonly api: "STRING" | "INTEGER" | "FLOAT" | "BOOLEAN" | "TIMESTAMP" | "DATE";
  readonly duckdb: DuckDBType;
  readonly read: (value: Scalar) => DuckDBValue | undefined;
}

const STRING: ScalarType = { api: "STRING", duckdb: VARCHAR, read: String };
const INTEGER: ScalarType = { api: "INTEGER", duckdb: BIGINT, read: readInteger };
const FLOAT: ScalarType = { api: "FLOAT", duckdb: DOUBLE, read: readFloat };
const BOOL: ScalarType = { api: "BOOLEAN", duckdb: BOOLEAN, read: readBoolean };

/** The types that columns and parameters may have, by each of their names. */
export const SCALAR_TYPES = {
  STRING,
  INT64: INTEGER,
  INTEGER,
  FLOAT64: FLOAT,
  FLOAT,
  BOOL,
  BOOLEAN: BOOL,
  TIMESTAMP: { api: "TIMESTAMP", duckdb: TIMESTAMPTZ, read: readTimestamp },
  DATE: { api: "DATE", duckdb: DATE, read: readDate },
} as const satisfies Record<string, ScalarType>;

/** A name of a scalar type. */
export type ScalarTypeName = keyof typeof SCALAR_TYPES;

/** The type of that name in any case, or undefined. */
export function scalarTypeOf(name: string): ScalarType | undefined {
  return Object.entries(SCALAR_TYPES).find(([each]) => each === name.toUpperCase())?.[1];
}

function readInteger(value: Scalar): bigint | undefined {
  const text = String(value).trim().replace(/\.0+$/, "");
  const whole = /^[+-]?\d{1,19}$/.test(text) ? BigInt(text) : undefined;
  const fits = whole !== undefined && BigInt.asIntN(64, whole) === whole;
  return typeof value !== "boolean" && fits ? whole : undefined;
}

function readFloat(value: Scalar): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  const isFloat = typeof number === "number" && (!Number.isNaN(number) || value === "NaN");
  return isFloat ? number : undefined;
}

function readBoolean(value: Scalar): boolean | undefined {
  const text = String(value).toLowerCase();
  return text === "true" || text === "false" ? text === "true" : undefined;
}

function readTimestamp(value: Scalar): DuckDBValue | undefined {
  const micros = typeof value === "boolean" ? null : parseTimestampMicros(value);
  return micros === null ? undefined : new DuckDBTimestampTZValue(micros);
}

function readDate(value: Scalar): DuckDBValue | undefined {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(String(value)) ? Date.parse(`${value}T00:00Z`) : NaN;
  return Number.isNaN(ms) ? undefined : new DuckDBDateValue(ms / 86_400_000);
}
