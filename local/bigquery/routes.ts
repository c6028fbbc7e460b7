import * as z from "zod";
import { jsonReply } from "../http/call.ts";
import { type Route, withBody } from "../http/declared_routes.ts";
import type { BigQueryParts } from "./bigquery_parts.ts";
import { describeTable } from "./catalog.ts";
import { GoogleError } from "./google_error.ts";
import type { JobRequest, PageRequest } from "./jobs.ts";
import { queryParametersSchema } from "./query_parameters.ts";
import type { TimestampFormat } from "./result_rows.ts";
import { runQuery } from "./run_query.ts";

const ignored = z.unknown().optional();
const PROJECT = "/bigquery/v2/projects/{project}";
const DATASETS = `${PROJECT}/datasets`;
const TABLES = `${DATASETS}/{dataset}/tables`;
const TABLE = `${TABLES}/{table}`;
const PAGE_QUERY = "maxResults startIndex pageToken formatOptions.useInt64Timestamp=true|false " +
  "formatOptions.timestampOutputFormat";

const datasetReference = z.strictObject({ datasetId: z.string(), projectId: ignored });
const datasetSchema = z.strictObject({ datasetReference, labels: z.strictObject({}).nullish() });
const datasetPatchSchema = z.strictObject({ maxTimeTravelHours: z.string().regex(/^\d{2,3}$/) });
/** Kept, and shown as they were given. */
const tableSettings = {
  schema: ignored,
  timePartitioning: ignored,
  clustering: ignored,
  description: ignored,
  labels: ignored,
};
const tableSchema = z.strictObject({
  tableReference: z.strictObject({ tableId: z.string(), projectId: ignored, datasetId: ignored }),
  ...tableSettings,
});
const tablePatchSchema = z.strictObject(tableSettings);
const querySchema = z.strictObject({
  query: z.string(),
  useLegacySql: z.boolean().default(true),
  defaultDataset: datasetReference.optional(),
  queryParameters: queryParametersSchema.default([]),
  parameterMode: z.string().regex(/^(named|positional)$/i).optional(),
  // Nothing is billed, cached or urgent here.
  maximumBytesBilled: ignored,
  useQueryCache: ignored,
  priority: ignored,
});
const queryRequestSchema = querySchema.extend({
  kind: ignored,
  maxResults: z.int().optional(),
  dryRun: z.boolean().default(false),
  formatOptions: z.strictObject({
    useInt64Timestamp: z.boolean().optional(),
    timestampOutputFormat: z.string().optional(),
  }).default({}),
  // Every query is done before its response, and in one place.
  requestId: ignored,
  timeoutMs: ignored,
  location: ignored,
  labels: ignored,
});
const jobSchema = z.strictObject({
  jobReference: z.strictObject({
    jobId: z.string().optional(),
    projectId: ignored,
    location: ignored,
  }).optional(),
  configuration: z.strictObject({
    query: querySchema,
    dryRun: z.boolean().default(false),
    labels: ignored,
    jobTimeoutMs: ignored,
  }),
});

/** BigQuery's API v2 as its clients call it. */
export const ROUTES: Readonly<Record<string, Route<BigQueryParts>>> = {
  [`POST ${DATASETS}`]: withBody(datasetSchema, {
    async run({ catalog, ...parts }, _, { datasetReference: { datasetId } }) {
      await catalog.createDataset(datasetId);
      return jsonReply(200, describeDataset(parts, datasetId));
    },
  }),
  [`GET ${DATASETS}/{dataset}`]: {
    async run({ catalog, ...parts }, { name }) {
      await catalog.requireDataset(name("dataset"));
      return jsonReply(200, describeDataset(parts, name("dataset")));
    },
  },
  [`PATCH ${DATASETS}/{dataset}`]: withBody(datasetPatchSchema, {
    async run({ catalog, ...parts }, { name }, settings) {
      await catalog.requireDataset(name("dataset"));
      Object.assign(parts.datasetSettings, settings);
      return jsonReply(200, describeDataset(parts, name("dataset")));
    },
  }),
  [`GET ${TABLES}`]: {
    async run({ catalog, project }, { name }) {
      const dataset = name("dataset");
      const tables = (await catalog.listTables(dataset)).map(({ table, kind }) => ({
        kind: "bigquery#table",
        id: `${project}:${dataset}.${table}`,
        tableReference: { projectId: project, datasetId: dataset, tableId: table },
        type: kind,
      }));
      return jsonReply(200, { kind: "bigquery#tableList", tables, totalItems: tables.length });
    },
  },
  [`POST ${TABLES}`]: withBody(tableSchema, {
    async run({ catalog, project }, { name }, { tableReference: { tableId }, ...resource }) {
      const made = await catalog.createTable(name("dataset"), tableId, resource);
      return jsonReply(200, describeTable(project, made));
    },
  }),
  [`GET ${TABLE}`]: {
    run: async ({ catalog, project }, { name }) =>
      jsonReply(
        200,
        describeTable(project, await catalog.getTable(name("dataset"), name("table"))),
      ),
  },
  [`PATCH ${TABLE}`]: withBody(tablePatchSchema, {
    async run({ catalog, project }, { name }, resource) {
      const updated = await catalog.updateTable(name("dataset"), name("table"), resource);
      return jsonReply(200, describeTable(project, updated));
    },
  }),
  [`DELETE ${TABLE}`]: {
    async run({ catalog }, { name }) {
      await catalog.dropTable(name("dataset"), name("table"));
      return { status: 204 };
    },
  },
  [`GET ${TABLE}/data`]: {
    query: `${PAGE_QUERY} selectedFields`,
    fields: "kind,etag,totalRows,pageToken,rows",
    async run(parts, { name, query }) {
      const { dataset, table, fields } = await parts.catalog.getTable(
        name("dataset"),
        name("table"),
      );
      const selected = query.get("selectedFields")?.split(",");
      const columns = fields.filter((field) => selected?.includes(field.name) !== false)
        .map((field) => `\`${field.name}\``);
      const sql = `SELECT ${columns.join()} FROM \`${dataset}.${table}\``;
      const job = await parts.jobs.run({ configuration: {} }, () => runQuery(parts, sql));
      const { rows, totalRows, pageToken } = parts.jobs.page(job, pageOf(query));
      return jsonReply(200, { kind: "bigquery#tableDataList", totalRows, rows, pageToken });
    },
  },
  [`POST ${PROJECT}/queries`]: withBody(queryRequestSchema, {
    async run(parts, _, { formatOptions, maxResults, ...request }) {
      const query = { query: request.query, useLegacySql: false };
      const job = await runJob(parts, request, { configuration: { jobType: "QUERY", query } });
      const { useInt64Timestamp = false, timestampOutputFormat } = formatOptions;
      const timestampFormat = timestampFormatOf(useInt64Timestamp, timestampOutputFormat);
      return jsonReply(200, parts.jobs.page(job, { maxResults, startIndex: 0, timestampFormat }));
    },
  }),
  [`GET ${PROJECT}/queries/{job}`]: {
    query: `${PAGE_QUERY} location timeoutMs`,
    fields: "kind,etag,schema,jobReference,totalRows,pageToken,rows,totalBytesProcessed," +
      "jobComplete,errors,cacheHit,numDmlAffectedRows",
    run({ jobs }, { name, query }) {
      const page = jobs.page(jobs.get(name("job")), pageOf(query));
      return jsonReply(200, { ...page, kind: "bigquery#getQueryResultsResponse" });
    },
  },
  [`POST ${PROJECT}/jobs`]: withBody(jobSchema, {
    async run(parts, _, { jobReference, configuration }) {
      const { query, dryRun } = configuration;
      const request = { jobId: jobReference?.jobId, configuration };
      return jsonReply(
        200,
        parts.jobs.describe(await runJob(parts, { ...query, dryRun }, request)),
      );
    },
  }),
  [`GET ${PROJECT}/jobs/{job}`]: {
    query: "location projection=full|minimal",
    run: ({ jobs }, { name }) => jsonReply(200, jobs.describe(jobs.get(name("job")))),
  },
};

async function runJob(
  parts: BigQueryParts,
  request: z.infer<typeof querySchema> & { readonly dryRun: boolean },
  job: JobRequest,
) {
  const { query, useLegacySql, queryParameters: parameters, dryRun, defaultDataset } = request;
  const dataset = defaultDataset?.datasetId;
  if (dataset !== undefined) await parts.catalog.requireDataset(dataset);
  if (useLegacySql) {
    throw new GoogleError("invalidQuery", "Legacy SQL is not supported: set useLegacySql to false");
  }
  return await parts.jobs.run(job, () => runQuery(parts, query, { parameters, dryRun, dataset }));
}

function pageOf(query: URLSearchParams): PageRequest {
  const maxResults = query.get("maxResults");
  return {
    maxResults: maxResults === null ? undefined : wholeNumber(maxResults),
    startIndex: wholeNumber(query.get("pageToken") ?? query.get("startIndex") ?? "0"),
    timestampFormat: timestampFormatOf(
      query.get("formatOptions.useInt64Timestamp")?.toLowerCase() === "true",
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
