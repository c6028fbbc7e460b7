import * as z from "zod";
import { describeTable } from "./catalog.ts";
import { GoogleError } from "./google_error.ts";
import { queryParametersSchema } from "./query_parameters.ts";
import type { TimestampFormat } from "./result_rows.ts";
import { runQuery } from "./run_query.ts";
import { quote } from "./table_schema.ts";
import type { Warehouse } from "./warehouse.ts";

/** A request to BigQuery's API: names out of its path, its query string and its JSON body. */
export interface ApiRequest {
  readonly names: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** What it answers: `body` goes out as JSON, or nothing where it is undefined. */
export interface ApiAnswer {
  readonly status?: number;
  readonly body?: unknown;
}

type Route = (warehouse: Warehouse, request: ApiRequest) => ApiAnswer | Promise<ApiAnswer>;

/** BigQuery's API v2 as its Node client asks it, by method and path under `/bigquery/v2/projects/{project}`. */
export const ROUTES: Readonly<Record<string, Route>> = {
  "GET /datasets": listDatasets,
  "POST /datasets": createDataset,
  "GET /datasets/{dataset}": getDataset,
  "GET /datasets/{dataset}/tables": listTables,
  "POST /datasets/{dataset}/tables": createTable,
  "GET /datasets/{dataset}/tables/{table}": getTable,
  "PATCH /datasets/{dataset}/tables/{table}": patchTable,
  "DELETE /datasets/{dataset}/tables/{table}": deleteTable,
  "GET /datasets/{dataset}/tables/{table}/data": listRows,
  "POST /datasets/{dataset}/tables/{table}/insertAll": insertAll,
  "POST /queries": postQuery,
  "GET /queries/{job}": getQueryResults,
  "GET /jobs": listJobs,
  "POST /jobs": postJob,
  "GET /jobs/{job}": getJob,
  "POST /jobs/{job}/cancel": cancelJob,
};

const datasetSchema = z.object({ datasetReference: z.object({ datasetId: z.string() }) });

const tableSchema = z.looseObject({
  tableReference: z.object({ tableId: z.string() }),
  view: z.object({ query: z.string() }).optional(),
});

const insertAllSchema = z.object({
  rows: z.array(z.object({
    insertId: z.string().optional(),
    json: z.record(z.string(), z.unknown()),
  })).min(1, "No rows present in the request.").max(50_000),
  skipInvalidRows: z.boolean().default(false),
  ignoreUnknownValues: z.boolean().default(false),
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

async function listDatasets({ catalog, project }: Warehouse): Promise<ApiAnswer> {
  const datasets = await catalog.listDatasets();
  return {
    body: {
      kind: "bigquery#datasetList",
      datasets: datasets.map((dataset) => describeDataset(project, dataset)),
    },
  };
}

async function createDataset({ catalog, project }: Warehouse, { body }: ApiRequest) {
  const { datasetId } = read(datasetSchema, body).datasetReference;
  await catalog.createDataset(datasetId);
  return { body: describeDataset(project, datasetId) };
}

async function getDataset({ catalog, project }: Warehouse, { names }: ApiRequest) {
  const { dataset = "" } = names;
  await catalog.requireDataset(dataset);
  return { body: describeDataset(project, dataset) };
}

async function listTables({ catalog, project }: Warehouse, { names }: ApiRequest) {
  const { dataset = "" } = names;
  const tables = await catalog.listTables(dataset);
  const list = tables.map(({ table, kind }) => ({
    kind: "bigquery#table",
    id: `${project}:${dataset}.${table}`,
    tableReference: { projectId: project, datasetId: dataset, tableId: table },
    type: kind,
  }));
  return { body: { kind: "bigquery#tableList", tables: list, totalItems: list.length } };
}

async function createTable(warehouse: Warehouse, { names, body }: ApiRequest) {
  const { catalog, project, twins } = warehouse;
  const { dataset = "" } = names;
  const { tableReference: { tableId }, ...resource } = read(tableSchema, body);
  if (resource.view === undefined) {
    return { body: describeTable(project, await catalog.createTable(dataset, tableId, resource)) };
  }
  const { query } = resource.view;
  const view = { query, duckdb: twins.find(query) ?? query };
  return { body: describeTable(project, await catalog.putView(dataset, tableId, view)) };
}

async function getTable({ catalog, project }: Warehouse, { names }: ApiRequest) {
  const { dataset = "", table = "" } = names;
  return { body: describeTable(project, await catalog.getTable(dataset, table)) };
}

async function patchTable({ catalog, project }: Warehouse, { names, body }: ApiRequest) {
  const { dataset = "", table = "" } = names;
  const resource = read(z.record(z.string(), z.unknown()), body);
  return { body: describeTable(project, await catalog.updateTable(dataset, table, resource)) };
}

async function deleteTable({ catalog }: Warehouse, { names }: ApiRequest) {
  const { dataset = "", table = "" } = names;
  await catalog.dropTable(dataset, table);
  return { status: 204 };
}

async function listRows(warehouse: Warehouse, { names, query }: ApiRequest) {
  const { dataset = "", table = "" } = names;
  await warehouse.catalog.getTable(dataset, table);
  const sql = `SELECT * FROM ${quote(dataset)}.${quote(table)}`;
  const request = { jobId: undefined, configuration: {} };
  const job = await warehouse.jobs.run(
    request,
    () => runQuery(warehouse, sql, { parameters: [], dryRun: false }),
  );
  const { rows, totalRows, pageToken } = warehouse.jobs.page(job, pageOf(query));
  return { body: { kind: "bigquery#tableDataList", totalRows, rows, pageToken } };
}

async function insertAll({ catalog, inserter }: Warehouse, { names, body }: ApiRequest) {
  const { dataset = "", table = "" } = names;
  const { rows, ...options } = read(insertAllSchema, body);
  const info = await catalog.getTable(dataset, table);
  if (info.kind === "VIEW") throw new GoogleError("invalid", "Cannot insert rows into a view");
  const insertErrors = await inserter.insert(info, rows, options);
  const kind = "bigquery#tableDataInsertAllResponse";
  return { body: insertErrors.length > 0 ? { kind, insertErrors } : { kind } };
}

async function postQuery(warehouse: Warehouse, { body }: ApiRequest) {
  const request = read(queryRequestSchema, body);
  const job = await runJob(warehouse, request, {
    jobId: undefined,
    configuration: { jobType: "QUERY", query: { query: request.query, useLegacySql: false } },
    dryRun: request.dryRun,
  });
  const { useInt64Timestamp = false, timestampOutputFormat } = request.formatOptions;
  const timestampFormat = timestampFormatOf(useInt64Timestamp, timestampOutputFormat);
  const { maxResults } = request;
  return { body: warehouse.jobs.page(job, { maxResults, startIndex: 0, timestampFormat }) };
}

function getQueryResults({ jobs }: Warehouse, { names, query }: ApiRequest): ApiAnswer {
  const page = jobs.page(jobs.get(names["job"] ?? ""), pageOf(query));
  return { body: { ...page, kind: "bigquery#getQueryResultsResponse" } };
}

function listJobs({ jobs }: Warehouse): ApiAnswer {
  const list = jobs.list().map((job) => ({ ...jobs.describe(job), state: "DONE" }));
  return { body: { kind: "bigquery#jobList", jobs: list } };
}

async function postJob(warehouse: Warehouse, { body }: ApiRequest): Promise<ApiAnswer> {
  const { jobReference, configuration } = read(jobSchema, body);
  if (configuration.query === undefined) {
    throw new GoogleError("invalid", "The local warehouse runs query jobs only");
  }
  const job = await runJob(warehouse, configuration.query, {
    jobId: jobReference?.jobId,
    configuration,
    dryRun: configuration.dryRun,
  });
  return { body: warehouse.jobs.describe(job) };
}

function getJob({ jobs }: Warehouse, { names }: ApiRequest): ApiAnswer {
  return { body: jobs.describe(jobs.get(names["job"] ?? "")) };
}

function cancelJob({ jobs }: Warehouse, { names }: ApiRequest): ApiAnswer {
  const job = jobs.describe(jobs.get(names["job"] ?? ""));
  return { body: { kind: "bigquery#jobCancelResponse", job } };
}

function runJob(
  warehouse: Warehouse,
  { query, useLegacySql, queryParameters }: z.infer<typeof querySchema>,
  job: { jobId: string | undefined; configuration: unknown; dryRun: boolean },
) {
  if (useLegacySql) {
    throw new GoogleError("invalidQuery", "Legacy SQL is not supported: set useLegacySql to false");
  }
  const options = { parameters: queryParameters, dryRun: job.dryRun };
  return warehouse.jobs.run(job, () => runQuery(warehouse, query, options));
}

function pageOf(query: URLSearchParams) {
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

function describeDataset(project: string, dataset: string) {
  return {
    kind: "bigquery#dataset",
    id: `${project}:${dataset}`,
    datasetReference: { projectId: project, datasetId: dataset },
    location: "US",
  };
}

function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new GoogleError(
    "invalid",
    `Invalid value at '${issue?.path.join(".")}': ${issue?.message}`,
  );
}
