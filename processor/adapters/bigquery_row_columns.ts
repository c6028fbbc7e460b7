import { AppError } from "@tintype/core/errors";
import type { CallOptions } from "@tintype/core/ports/call_options";
import type { RowColumns } from "@tintype/core/ports/row_columns";
import * as z from "zod";
import type { BigQueryClient } from "./bigquery_client.ts";

/** The API's older names of types (REST resource `tables`, `TableFieldSchema.type`) as SQL has them. */
const SQL_TYPES: Readonly<Record<string, string>> = {
  INTEGER: "INT64",
  FLOAT: "FLOAT64",
  BOOLEAN: "BOOL",
};

const tableSchema = z.object({
  schema: z.object({ fields: z.array(z.object({ name: z.string(), type: z.string() })) }),
});

/** The columns of BigQuery's `images` table. */
export class BigQueryRowColumns implements RowColumns {
  readonly #client: BigQueryClient;
  readonly #dataset: string;

  constructor(client: BigQueryClient, { dataset }: { readonly dataset: string }) {
    this.#client = client;
    this.#dataset = dataset;
  }

  async columns({ signal }: CallOptions = {}): Promise<ReadonlyMap<string, string>> {
    const { schema } = tableSchema.parse(await this.#resource(signal));
    return new Map(schema.fields.map(({ name, type }) => [name, SQL_TYPES[type] ?? type]));
  }

  async #resource(signal: AbortSignal | undefined): Promise<unknown> {
    try {
      return await this.#client.table(`${this.#dataset}.images`, signal);
    } catch (cause) {
      throw new AppError("unavailable", "Cannot ask BigQuery for its columns", { cause });
    }
  }
}
