/**
 * BigQuery's REST API as far as the processor needs it, sent as gcs sends Google's other JSON API. Google's own client costs
 * four times the CPU, never settles under Deno when a connection ends before the reply, and knows no timeout. Every call may
 * be repeated: a statement changes nothing the second time.
 */
import { anonymous, withHeaders } from "@tintype/gcs/authorize";
import { callStorage, readJson, type StorageCall } from "@tintype/gcs/storage_call";
import { googleHeaders } from "./_google_auth.ts";
import { queryParametersOf, type QueryParams } from "./_query_parameters.ts";
import { pageSchema, type QueryRow, rowsOf } from "./_query_rows.ts";

/** Where BigQuery is. */
export interface BigQueryClientOptions {
  readonly projectId: string;
  /** An emulator's address without a path, asked without credentials; BigQuery itself where none is given. */
  readonly endpoint?: string | undefined;
}

/** A statement. */
export interface BigQueryStatement extends Pick<StorageCall, "signal"> {
  readonly sql: string;
  readonly params?: QueryParams;
  /** One that would read more is refused, in bytes. */
  readonly maxBytesBilled?: number | undefined;
}

/** What a statement gave, and how many rows it changed. */
export interface StatementResult {
  readonly rows: readonly QueryRow[];
  readonly affected: number;
}

/** A client of BigQuery, or of its emulator. */
export type BigQueryClient = ReturnType<typeof createBigQueryClient>;

/** Opens a client; its calls throw StorageError, or the signal's reason. Tables are named `dataset.table`. */
export function createBigQueryClient({ projectId, endpoint }: BigQueryClientOptions) {
  const access = {
    endpoint: endpoint ?? "https://bigquery.googleapis.com",
    authorize: endpoint === undefined ? withHeaders(googleHeaders) : anonymous,
  };
  const send = async (path: string, call: Pick<StorageCall, "query" | "signal">, body?: unknown) =>
    await callStorage<unknown>(access, {
      ...call,
      path: `/bigquery/v2/projects/${projectId}/${path}`,
      ...(body === undefined ? { method: "GET" } : {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: [new TextEncoder().encode(JSON.stringify(body))],
      }),
    }, readJson);

  return {
    /** Runs a statement to its end. */
    async query(statement: BigQueryStatement): Promise<StatementResult> {
      const { sql, params = {}, maxBytesBilled, signal } = statement;
      const rows: QueryRow[] = [];
      let page = pageSchema.parse(
        await send("queries", { signal }, {
          query: sql,
          useLegacySql: false,
          parameterMode: "NAMED",
          queryParameters: queryParametersOf(params),
          formatOptions: { useInt64Timestamp: true },
          maximumBytesBilled: maxBytesBilled,
          requestId: crypto.randomUUID(), // a repeated request is the same job
        }),
      );
      for (;;) {
        rows.push(...rowsOf(page));
        const { jobComplete, pageToken, jobReference, numDmlAffectedRows = 0 } = page;
        const isLast = jobComplete && pageToken === undefined;
        if (isLast || !jobReference) return { rows, affected: numDmlAffectedRows };
        const { jobId, location } = jobReference;
        const query = { location, pageToken, "formatOptions.useInt64Timestamp": "true" };
        page = pageSchema.parse(await send(`queries/${jobId}`, { query, signal }));
      }
    },
  };
}
