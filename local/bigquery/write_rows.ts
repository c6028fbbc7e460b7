/**
 * Rows as a Pub/Sub BigQuery subscription writes them over the Storage Write API. There is no other way in but DML: the
 * production code inserts none.
 */
import { DuckDBTimestampTZValue, type DuckDBValue } from "@duckdb/node-api";
import * as z from "zod";
import type { Control } from "../http/controls.ts";
import type { Catalog, TableInfo } from "./catalog.ts";
import type { Database } from "./database.ts";
import { GoogleError } from "./google_error.ts";
import { readRow } from "./read_row.ts";
import { HIDDEN_COLUMN } from "./table_schema.ts";

/** What rows are written with. */
interface WriteParts {
  readonly project: string;
  readonly catalog: Catalog;
  readonly database: Database;
}

type Values = ReadonlyMap<string, DuckDBValue>;

const bodySchema = z.strictObject({
  project: z.string(),
  dataset: z.string(),
  table: z.string(),
  rows: z.array(z.unknown()).max(10_000),
  dropUnknownFields: z.boolean().default(false),
});

/** Characters of a refusal, which may name anything. */
const MAX_SHOWN = 300;

/** The control that the local Pub/Sub writes rows by; they are on disk when it responds. */
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
        return { body: { errors: await writeRows(parts.database, info, request) } };
      } catch (error) {
        if (error instanceof GoogleError) return { status: error.status, body: error.body };
        throw error;
      }
    },
  };
}

async function writeRows(
  database: Database,
  table: TableInfo,
  { rows, dropUnknownFields }: Pick<z.infer<typeof bodySchema>, "rows" | "dropUnknownFields">,
) {
  const errors: { index: number; message: string }[] = [];
  const good: Values[] = [];
  rows.forEach((row, index) => {
    const read = readRow(table.fields, row, { dropUnknownFields });
    if ("values" in read) good.push(read.values);
    else errors.push({ index, message: read.refusal.slice(0, MAX_SHOWN) });
  });
  if (good.length > 0) await database.exclusive(() => append(database, table, good));
  return errors;
}

/** Appends rows in one transaction; the write-ahead log is on disk when it returns. */
async function append(database: Database, table: TableInfo, rows: readonly Values[]) {
  const ingestedAt = new DuckDBTimestampTZValue(BigInt(Date.now()) * 1000n);
  await database.use(async (connection) => {
    const appender = await connection.createAppender(table.table, table.dataset);
    const types = table.columns.map((_, index) => appender.columnType(index));
    for (const values of rows) {
      table.columns.forEach((column, index) => {
        const value = column === HIDDEN_COLUMN ? ingestedAt : values.get(column) ?? null;
        if (value === null) appender.appendNull();
        else appender.appendValue(value, types[index]);
      });
      appender.endRow();
    }
    appender.closeSync();
  });
}
