import * as z from "zod";
import type { BigQueryParts } from "./bigquery_parts.ts";
import { describeTable } from "./catalog.ts";
import { GoogleError } from "./google_error.ts";
import type { JobRequest, PageRequest } from "./jobs.ts";
import { queryParametersSchema } from "./query_parameters.ts";
import type { TimestampFormat } from "./result_rows.ts";
import { runQuery } from "./run_query.ts";

/** A request to BigQuery's API: the names in its path (empty where there is none), its query string and its JSON body. */
interface ApiRequest {
  readonly dataset: string;
  readonly table: string;
  readonly job: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** Returns a body that is sent as JSON, or undefined: then the status is 204. */
type Route = (parts: BigQueryParts, request: ApiRequest) => unknown;

/** BigQuery's API v2 as its Node client calls it, by method and path under `/bigquery/v2/projects/{project}`. */
export const ROUTES: Readonly<Record<string, Route>> = {
  async "GET /datasets"({ catalog, ...parts }) {
    const datasets = await catalog.listDatasets();
    const list = datasets.map((dataset) => describeDataset(parts, dataset));
    return { kind: "bigquery#datasetList", datasets: list };
  },
  async "POST /datasets"({ catalog, ...parts }, { body }) {
    const { datasetId } = read(datasetSchema, body).datasetReference;
    await catalog.createDataset(datasetId);
    return describeDataset(parts, datasetId);
  },
  async "GET /datasets/{dataset}"({ catalog, ...parts }, { dataset }) {
    await catalog.requireDataset(dataset);
    return describeDataset(parts, dataset);
  },
  async "PATCH /datasets/{dataset}"({ catalog, ...parts }, { dataset, body }) {
    await catalog.requireDataset(dataset);
    Object.assign(parts.datasetSettings, read(datasetPatchSchema, body));
    return describeDataset(parts, dataset);
  },
  async "GET /datasets/{dataset}/tables"({ catalog, project }, { dataset }) {
    const tables = await catalog.listTables(dataset);
    const list = tables.map(({ table, kind }) => ({
      kind: "bigquery#table",
      id: `${project}:${dataset}.${table}`,
      tableReference: { projectId: project, datasetId: dataset, tableId: table },
      type: kind,
    }));
    return { kind: "bigquery#tableList", tables: list, totalItems: list.length };
  },
  async "POST /datasets/{dataset}/tables"({ catalog, project, translations }, { dataset, body }) {
    const { tableReference: { tableId }, ...resource } = read(tableSchema, body);
    if (resource.view === undefined) {
      return describeTable(project, await catalog.createTable(dataset, tableId, resource));
    }
    const { query } = resource.view;
    const view = { query, duckdb: translations.find(query) ?? query };
    return describeTable(project, await catalog.putView(dataset, tableId, view));
  },
  "GET /datasets/{dataset}/tables/{table}": async ({ catalog, project }, { dataset, table }) =>
    describeTable(project, await catalog.getTable(dataset, table)),
  async "PATCH /datasets/{dataset}/tables/{table}"(parts, { dataset, table, body }) {
    const resource = read(z.record(z.string(), z.unknown()), body);
    const updated = await parts.catalog.updateTable(dataset, table, resource);
    return describeTable(parts.project, updated);
  },
  "DELETE /datasets/{dataset}/tables/{table}": ({ catalog }, { dataset, table }) =>
    catalog.dropTable(dataset, table),
  async "GET /datasets/{dataset}/tables/{table}/data"(parts, { dataset, table, query }) {
    await parts.catalog.getTable(dataset, table);
    const sql = `SELECT * FROM \`${dataset}.${table}\``;
    const job = await parts.jobs.run({ configuration: {} }, () => runQuery(parts, sql));
    const { rows, totalRows, pageToken } = parts.jobs.page(job, pageOf(query));
    return { kind: "bigquery#tableDataList", totalRows, rows, pageToken };
  },
  async "POST /queries"(parts, { body }) {
    const { formatOptions, maxResults, ...request } = read(queryRequestSchema, body);
    const configuration = {
      jobType: "QUERY",
      query: { query: request.query, useLegacySql: false },
    };
    const job = await runJob(parts, request, { configuration });
    const { useInt64Timestamp = false, timestampOutputFormat } = formatOptions;
    const timestampFormat = timestampFormatOf(useInt64Timestamp, timestampOutputFormat);
    return parts.jobs.page(job, { maxResults, startIndex: 0, timestampFormat });
  },
  "GET /queries/{job}": ({ jobs }, { job, query }) => ({
    ...jobs.page(jobs.get(job), pageOf(query)),
    kind: "bigquery#getQueryResultsResponse",
  }),
  async "POST /jobs"(parts, { body }) {
    const { jobReference, configuration } = read(jobSchema, body);
    const { query, dryRun } = configuration;
    if (query === undefined) {
      throw new GoogleError("invalid", "The local BigQuery runs query jobs only");
    }
    const request = { jobId: jobReference?.jobId, configuration };
    return parts.jobs.describe(await runJob(parts, { ...query, dryRun }, request));
  },
  "GET /jobs/{job}": ({ jobs }, { job }) => jobs.describe(jobs.get(job)),
};

const datasetSchema = z.object({ datasetReference: z.object({ datasetId: z.string() }) });

const datasetPatchSchema = z.strictObject({ maxTimeTravelHours: z.string().regex(/^\d{2,3}$/) });

const tableSchema = z.looseObject({
  tableReference: z.object({ tableId: z.string() }),
  view: z.object({ query: z.string() }).optional(),
});

const querySchema = z.object({
  query: z.string(),
  useLegacySql: z.boolean().default(true),
  queryParameters: queryParametersSchema.default([]),
});

const queryRequestSchema = querySchema.extend({
  maxResults: z.int().min(0).optional(),
  dryRun: z.boolean().default(false),
  formatOptions: z.object({
    useInt64Timestamp: z.boolean().optional(),
    timestampOutputFormat: z.string().optional(),
  }).default({}),
});

const jobSchema = z.object({
  jobReference: z.object({ jobId: z.string().optional() }).optional(),
  configuration: z.looseObject({
    query: querySchema.optional(),
    dryRun: z.boolean().default(false),
  }),
});

function runJob(
  parts: BigQueryParts,
  request: z.infer<typeof querySchema> & { readonly dryRun: boolean },
  job: JobRequest,
) {
  const { query, useLegacySql, queryParameters: parameters, dryRun } = request;
  if (useLegacySql) {
    throw new GoogleError("invalidQuery", "Legacy SQL is not supported: set useLegacySql to false");
  }
  return parts.jobs.run(job, () => runQuery(parts, query, { parameters, dryRun }));
}

function pageOf(query: URLSearchParams): PageRequest {
  const maxResults = query.get("maxResults");
  return {
    maxResults: maxResults === null ? undefined : wholeNumber(maxResults),
    startIndex: wholeNumber(query.get("pageToken") ?? query.get("startIndex") ?? "0"),
    timestampFormat: timestampFormatOf(
      query.get("formatOptions.useInt64Timestamp") === "true",
      query.get("formatOptions.timestampOutputFormat") ?? undefined,
    ),
  };
}

function wholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new GoogleError("invalid", `Invalid value: ${text}`);
}

function timestampFormatOf(useInt64: boolean, format: string | undefined): TimestampFormat {
  if (format === "INT64" || format === "ISO8601_STRING") return format;
  return useInt64 ? "INT64" : "FLOAT64";
}

function describeDataset(
  { project, datasetSettings }: Pick<BigQueryParts, "project" | "datasetSettings">,
  dataset: string,
) {
  return {
    kind: "bigquery#dataset",
    id: `${project}:${dataset}`,
    datasetReference: { projectId: project, datasetId: dataset },
    location: "US",
    ...datasetSettings,
  };
}

function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const message = `Invalid value at '${issue?.path.join(".")}': ${issue?.message}`;
  throw new GoogleError("invalid", message);
}
