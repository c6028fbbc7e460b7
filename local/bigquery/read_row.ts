import { type DuckDBValue, listValue, structValue } from "@duckdb/node-api";
import { SCALAR_TYPES } from "./scalar_types.ts";
import type { Field } from "./table_schema.ts";
import { formatMicrosIso } from "./timestamp.ts";

/** How a row is read. */
interface RowOptions {
  readonly dropUnknownFields: boolean;
}

/** A row's values by column, or what is wrong with it. */
type ReadRow = { readonly values: ReadonlyMap<string, DuckDBValue> } | { readonly refusal: string };

type Scalar = string | number | boolean;
type Json = Readonly<Record<string, unknown>>;

/** Where in a row a value lies, and the problems that were found so far. */
interface Reading extends RowOptions {
  readonly path: string;
  readonly problems: string[];
}

const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})$/;

/** The value by API type where the type of JSON fits it; a timestamp as a number is in microseconds. */
const ACCEPTS: Readonly<Record<string, (value: Scalar) => Scalar | undefined>> = {
  STRING: (value) => typeof value === "string" ? value : undefined,
  INTEGER: (value) => typeof value === "boolean" ? undefined : value,
  FLOAT: (value) => typeof value === "boolean" ? undefined : value,
  BOOLEAN: (value) => typeof value === "boolean" ? value : undefined,
  DATE: (value) => typeof value === "string" ? value : undefined,
  TIMESTAMP(value) {
    if (typeof value === "string") return RFC_3339.test(value) ? value : undefined;
    const isMicros = typeof value === "number" && Number.isSafeInteger(value);
    return isMicros ? formatMicrosIso(BigInt(value)) : undefined;
  },
};

/**
 * Reads a JSON value as a row of these fields, as the Storage Write API does for a Pub/Sub subscription
 * (https://cloud.google.com/pubsub/docs/bigquery#use-table-schema): nothing is converted, names are compared regardless of case.
 */
export function readRow(fields: readonly Field[], json: unknown, options: RowOptions): ReadRow {
  if (!isRecord(json)) return { refusal: "A row must be a JSON object" };
  const problems: string[] = [];
  const values = readRecord(fields, json, { ...options, path: "", problems });
  return problems.length > 0
    ? { refusal: problems.join(" ") }
    : { values: new Map(Object.entries(values)) };
}

function readRecord(
  fields: readonly Field[],
  json: Json,
  reading: Reading,
): Record<string, DuckDBValue> {
  const keys = new Map(Object.keys(json).map((key) => [key.toLowerCase(), key]));
  const known = new Set(fields.map(({ name }) => name.toLowerCase()));
  for (const [lower, key] of keys) {
    if (known.has(lower) || reading.dropUnknownFields) continue;
    reading.problems.push(`no such field: ${reading.path}${key}.`);
  }
  const entries = fields.map((field) => {
    const key = keys.get(field.name.toLowerCase());
    return [field.name, readField(field, key === undefined ? undefined : json[key], reading)];
  });
  return Object.fromEntries(entries);
}

function readField(field: Field, value: unknown, reading: Reading): DuckDBValue {
  const name = reading.path + field.name;
  if (field.mode !== "REPEATED") {
    if (value !== undefined && value !== null) return readOne(field, value, reading);
    if (field.mode === "REQUIRED") reading.problems.push(`Missing required field: ${name}.`);
    return null;
  }
  if (value === undefined) return listValue([]);
  if (Array.isArray(value)) {
    return listValue(value.map((item) => readOne(field, item, reading)));
  }
  reading.problems.push(`Field ${name} is repeated, which cannot hold ${JSON.stringify(value)}`);
  return null;
}

function readOne(field: Field, value: unknown, reading: Reading): DuckDBValue {
  const name = reading.path + field.name;
  if (Array.isArray(value)) {
    reading.problems.push(`Array specified for non-repeated field: ${name}.`);
    return null;
  }
  if (field.type === "RECORD") {
    if (isRecord(value)) {
      return structValue(readRecord(field.fields ?? [], value, { ...reading, path: `${name}.` }));
    }
  } else if (isScalar(value)) {
    const { api, read } = SCALAR_TYPES[field.type];
    const accepted = ACCEPTS[api]?.(value);
    const stored = accepted === undefined ? undefined : read(accepted);
    if (stored !== undefined) return stored;
  } else if (isRecord(value)) {
    reading.problems.push(`This field: ${name} is not a record.`);
    return null;
  }
  const shown = JSON.stringify(value);
  reading.problems.push(`Field ${name} is ${field.type}, which cannot hold ${shown}`);
  return null;
}

function isScalar(value: unknown): value is Scalar {
  return ["string", "number", "boolean"].includes(typeof value);
}

function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
