/**
 * Rows as a Pub/Sub BigQuery subscription writes them over the Storage Write API
 * (https://cloud.google.com/pubsub/docs/bigquery#use-table-schema): stricter than `insertAll`, which converts.
 */
import * as z from "zod";
import type { Control } from "../http/controls.ts";
import type { Catalog } from "./catalog.ts";
import { checkRow } from "./check_row.ts";
import { GoogleError } from "./google_error.ts";
import type { RowInserter } from "./insert_rows.ts";
import { SCALAR_TYPES } from "./scalar_types.ts";
import type { Field } from "./table_schema.ts";
import { formatMicrosIso } from "./timestamp.ts";

/** What rows are written with. */
interface WriteParts {
  readonly project: string;
  readonly catalog: Catalog;
  readonly inserter: RowInserter;
}

const bodySchema = z.strictObject({
  project: z.string(),
  dataset: z.string(),
  table: z.string(),
  rows: z.array(z.unknown()).max(10_000),
  dropUnknownFields: z.boolean().default(false),
});
const rowSchema = z.record(z.string(), z.unknown());

type Row = z.infer<typeof rowSchema>;

/** The control that the local Pub/Sub writes rows by; a row in it is never in the streaming buffer. */
export function writeRowsControl(parts: WriteParts): Control {
  return {
    method: "POST",
    path: "/_local/rows",
    body: "{project, dataset, table, rows: [{column: value}], dropUnknownFields?: boolean}",
    does: "writes rows as a BigQuery subscription of Pub/Sub does; those that are not listed in " +
      "{errors: [{index, message}]} are there (404: no such table)",
    async run(body) {
      const { project, dataset, table, ...request } = bodySchema.parse(body);
      try {
        if (project !== parts.project) {
          throw new GoogleError("notFound", `Not found: Project ${project}`);
        }
        const info = await parts.catalog.getTable(dataset, table);
        if (info.kind === "VIEW") throw new GoogleError("invalid", `${table} is a view`);
        return { body: { errors: await writeRows(parts.inserter, info, request) } };
      } catch (error) {
        if (error instanceof GoogleError) return { status: error.status, body: error.body };
        throw error;
      }
    },
  };
}

async function writeRows(
  inserter: RowInserter,
  table: Parameters<RowInserter["insert"]>[0],
  { rows, dropUnknownFields }: Pick<z.infer<typeof bodySchema>, "rows" | "dropUnknownFields">,
) {
  const errors: { index: number; message: string }[] = [];
  const good: { json: Row }[] = [];
  const options = { ignoreUnknownValues: dropUnknownFields };
  rows.forEach((row, index) => {
    const read = rowSchema.safeParse(row);
    const json = read.success ? readRow(table.fields, read.data) : "A row must be a JSON object";
    const refusal = typeof json === "string"
      ? json
      : checkRow(table.fields, json, options).errors?.map(({ message }) => message).join(" ");
    if (refusal !== undefined) errors.push({ index, message: refusal.slice(0, MAX_SHOWN) });
    else if (typeof json !== "string") good.push({ json });
  });
  const insert = { ...options, skipInvalidRows: false, isBuffered: false };
  await inserter.insert(table, good, insert);
  return errors;
}

/** A row whose values have the JSON types of their columns, as `insertAll` takes it; or what is wrong with it. */
function readRow(fields: readonly Field[], row: Row): Row | string {
  const read: Row = { ...row };
  for (const [name, value] of Object.entries(row)) {
    const field = fields.find((each) => each.name.toLowerCase() === name.toLowerCase());
    if (field === undefined || value === null || typeof value === "object") continue;
    read[name] = ACCEPTS[SCALAR_TYPES[field.type].api]?.(value as Scalar); // JSON's only other values
    if (read[name] !== undefined) continue;
    return `Field ${field.name} is ${field.type}, which cannot hold ${JSON.stringify(value)}`;
  }
  return read;
}

/** Characters of a refusal, which may name anything. */
const MAX_SHOWN = 300;

type Scalar = string | number | boolean;

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
