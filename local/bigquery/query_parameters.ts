import {
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  type DuckDBPreparedStatement,
  type DuckDBType,
  type DuckDBValue,
  LIST,
  listValue,
  TIMESTAMPTZ,
  VARCHAR,
} from "@duckdb/node-api";
import { DuckDBDateValue, DuckDBTimestampTZValue } from "@duckdb/node-api";
import * as z from "zod";
import { GoogleError } from "./google_error.ts";
import { parseTimestampMicros } from "./timestamp.ts";

/** Text, by Google's reference; its Node client sends numbers and booleans as they are. */
const valueSchema = z.union([z.string(), z.number(), z.boolean()]).transform(String).nullish();

const scalarSchema = z.object({ value: valueSchema });

/** `queryParameters` of a request: named, or without names in the order of the question marks. */
export const queryParametersSchema = z.array(z.object({
  name: z.string().nullish(),
  parameterType: z.object({
    type: z.string(),
    arrayType: z.object({ type: z.string() }).nullish(),
  }),
  parameterValue: z.object({
    value: valueSchema,
    arrayValues: z.array(scalarSchema).nullish(),
  }).default({}),
}));

/** Query parameters as a request brings them. */
export type QueryParameters = z.infer<typeof queryParametersSchema>;

interface ScalarType {
  readonly duckdb: DuckDBType;
  readonly read: (text: string) => DuckDBValue | undefined;
}

const STRING_TYPE: ScalarType = { duckdb: VARCHAR, read: (text) => text };
const INT64_TYPE: ScalarType = { duckdb: BIGINT, read: readInteger };
const FLOAT64_TYPE: ScalarType = { duckdb: DOUBLE, read: (text) => Number(text) };
const BOOL_TYPE: ScalarType = { duckdb: BOOLEAN, read: (text) => text.toLowerCase() === "true" };

const SCALARS: ReadonlyMap<string, ScalarType> = new Map([
  ["STRING", STRING_TYPE],
  ["INT64", INT64_TYPE],
  ["INTEGER", INT64_TYPE],
  ["FLOAT64", FLOAT64_TYPE],
  ["FLOAT", FLOAT64_TYPE],
  ["BOOL", BOOL_TYPE],
  ["BOOLEAN", BOOL_TYPE],
  ["TIMESTAMP", { duckdb: TIMESTAMPTZ, read: readTimestamp }],
  ["DATE", { duckdb: DATE, read: readDate }],
]);

/** Binds the parameters that the statement names; throws GoogleError `invalidQuery` for one that is missing or unreadable. */
export function bindParameters(
  prepared: DuckDBPreparedStatement,
  parameters: QueryParameters,
): void {
  for (let index = 1; index <= prepared.parameterCount; index++) {
    const name = prepared.parameterName(index);
    const found = parameters.find((parameter) =>
      parameter.name?.toLowerCase() === name.toLowerCase()
    ) ?? (parameters[index - 1]?.name ? undefined : parameters[index - 1]);
    if (found === undefined) {
      throw new GoogleError("invalidQuery", `Query parameter '${name}' not found`);
    }
    const { value, type } = readParameter(found);
    if (value === null) prepared.bindValue(index, null);
    else prepared.bindValue(index, value, type);
  }
}

function readParameter(
  { name, parameterType, parameterValue }: QueryParameters[number],
): { value: DuckDBValue; type: DuckDBType } {
  const isArray = parameterType.type === "ARRAY";
  const typeName = isArray ? parameterType.arrayType?.type ?? "" : parameterType.type;
  const scalar = SCALARS.get(typeName.toUpperCase());
  if (scalar === undefined) {
    throw new GoogleError(
      "invalidQuery",
      `Query parameter '${name}' has the type ${typeName}, which the local warehouse does not take`,
    );
  }
  if (!isArray) {
    return { value: readScalar(scalar, name, parameterValue.value), type: scalar.duckdb };
  }
  const items = (parameterValue.arrayValues ?? []).map(({ value }) =>
    readScalar(scalar, name, value)
  );
  return { value: listValue(items), type: LIST(scalar.duckdb) };
}

function readScalar(
  scalar: ScalarType,
  name: string | null | undefined,
  text: string | null | undefined,
): DuckDBValue {
  if (text === null || text === undefined) return null;
  const value = scalar.read(text);
  if (value !== undefined && !Number.isNaN(value)) return value;
  throw new GoogleError("invalidQuery", `Invalid value for query parameter '${name}': ${text}`);
}

function readInteger(text: string): bigint | undefined {
  return /^[+-]?\d{1,19}$/.test(text) ? BigInt(text) : undefined;
}

function readTimestamp(text: string): DuckDBValue | undefined {
  const micros = parseTimestampMicros(text);
  return micros === null ? undefined : new DuckDBTimestampTZValue(micros);
}

function readDate(text: string): DuckDBValue | undefined {
  const ms = Date.parse(`${text}T00:00Z`);
  return Number.isNaN(ms) ? undefined : new DuckDBDateValue(ms / 86_400_000);
}
