import {
  type DuckDBPreparedStatement,
  type DuckDBType,
  type DuckDBValue,
  LIST,
  listValue,
} from "@duckdb/node-api";
import * as z from "zod";
import { GoogleError } from "./google_error.ts";
import { scalarTypeOf } from "./scalar_types.ts";

/** Text, by Google's reference; its Node client sends numbers and booleans as they are. */
const valueSchema = z.union([z.string(), z.number(), z.boolean()]).transform(String).nullish();

const scalarSchema = z.strictObject({ value: valueSchema });

/** `queryParameters` of a request: named, or without names in the order of the question marks. */
export const queryParametersSchema = z.array(z.strictObject({
  name: z.string().nullish(),
  parameterType: z.strictObject({
    type: z.string(),
    arrayType: z.strictObject({ type: z.string() }).nullish(),
  }),
  parameterValue: z.strictObject({
    value: valueSchema,
    arrayValues: z.array(scalarSchema).nullish(),
  }).default({}),
}));

/** Query parameters as a request brings them. */
export type QueryParameters = z.infer<typeof queryParametersSchema>;

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
    const [value, type] = readParameter(found);
    if (value === null) prepared.bindValue(index, null);
    else prepared.bindValue(index, value, type);
  }
}

function readParameter(parameter: QueryParameters[number]): [DuckDBValue, DuckDBType] {
  const { name, parameterType, parameterValue: { value, arrayValues } } = parameter;
  const isArray = parameterType.type === "ARRAY";
  const typeName = isArray ? parameterType.arrayType?.type ?? "" : parameterType.type;
  const scalar = scalarTypeOf(typeName);
  if (scalar === undefined) {
    throw new GoogleError(
      "invalidQuery",
      `Query parameter '${name}' has the type ${typeName}, which the local BigQuery does not take`,
    );
  }
  const read = (text: string | null | undefined): DuckDBValue => {
    if (text === null || text === undefined) return null;
    const value = scalar.read(text);
    if (value !== undefined) return value;
    throw new GoogleError("invalidQuery", `Invalid value for query parameter '${name}': ${text}`);
  };
  if (!isArray) return [read(value), scalar.duckdb];
  return [listValue((arrayValues ?? []).map((item) => read(item.value))), LIST(scalar.duckdb)];
}
