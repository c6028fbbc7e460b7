import policy from "../../core/retention/policy.json" with { type: "json" };
import {
  DATASET,
  readTables,
  readViewColumns,
  SHARED_DATASET,
  type ViewColumn,
} from "../../infra/bigquery/read_schemas.ts";
import { PURGES_RETENTION_MS, RETENTION_BOUNDS } from "@tintype/core/retention/bounds";
import { FaultInjector } from "../faults/faults.ts";
import { Catalog } from "./catalog.ts";
import { Database } from "./database.ts";
import { Dml } from "./dml.ts";
import { JobStore } from "./jobs.ts";
import type { QueryParts } from "./run_query.ts";
import { readTranslations, type SqlTranslations, type TranslatedView } from "./sql_translations.ts";

/** The parts of the local BigQuery, made once. */
export interface BigQueryParts extends QueryParts {
  readonly project: string;
  readonly retentionMs: number;
  /** The present time in milliseconds since the epoch. */
  readonly now: () => number;
  readonly jobs: JobStore;
  readonly faults: FaultInjector;
  /** What datasets report beside their names. */
  readonly datasetSettings: { maxTimeTravelHours: string };
}

const DAY_MS = 86_400_000;

/** Settings beside the file. */
interface BigQueryOptions {
  /** The fixed present time of views and questions; the clock's where none is given. */
  readonly nowMs?: number;
  /** How long images are kept, which the dashboard counts down; the policy's period by default. */
  readonly retentionMs?: number | undefined;
  /** Columns that `images` has beside those of its schema file. */
  readonly ownColumns?: readonly ViewColumn[];
}

/** Opens a DuckDB file with the project's tables and views in it. */
export async function openBigQuery(
  path: string,
  project: string,
  { nowMs, retentionMs = policy.periodMs, ownColumns = [] }: BigQueryOptions = {},
): Promise<BigQueryParts> {
  const database = await Database.open(path, project);
  const catalog = new Catalog(database);
  const translations = readTranslations(nowMs);
  await prepareDataset(catalog, translations, ownColumns);
  await prepareShared(catalog, translations.sharedViews);
  return {
    project,
    retentionMs,
    now: () => nowMs ?? Date.now(),
    database,
    catalog,
    translations,
    jobs: new JobStore(project),
    dml: new Dml(project),
    faults: new FaultInjector(),
    datasetSettings: { maxTimeTravelHours: String(policy.bigquery.maxTimeTravelHours) },
  };
}

/** How tables are partitioned (infra/terraform/warehouse.tf); nothing expires by itself here. */
const PARTITIONS: Readonly<
  Record<string, readonly [type: string, field: string, expirationMs: string]>
> = {
  images: ["HOUR", "t0", String(RETENTION_BOUNDS.partitionExpirationMs)],
  purges: ["DAY", "swept_at", String(PURGES_RETENTION_MS + DAY_MS)],
};

/** Makes what the dataset lacks of the schema files and translations: tables, new columns, views. */
async function prepareDataset(
  catalog: Catalog,
  { views }: Pick<SqlTranslations, "views">,
  ownColumns: readonly ViewColumn[],
): Promise<void> {
  if (!(await catalog.listDatasets()).includes(DATASET)) await catalog.createDataset(DATASET);
  for (const { name, columns } of readTables()) {
    const [type, field, expirationMs] = PARTITIONS[name] ?? [];
    const resource = {
      schema: { fields: name === "images" ? [...columns, ...ownColumns] : columns },
      ...type !== undefined && { timePartitioning: { type, field, expirationMs } },
    };
    const exists = await catalog.findTable(DATASET, name) !== null;
    if (exists) await catalog.updateTable(DATASET, name, resource);
    else await catalog.createTable(DATASET, name, resource);
  }
  await putViews(catalog, DATASET, views);
}

/** Makes the views that show the caller's tenants. */
async function prepareShared(catalog: Catalog, views: readonly TranslatedView[]): Promise<void> {
  const isThere = (await catalog.listDatasets()).includes(SHARED_DATASET);
  if (!isThere) await catalog.createDataset(SHARED_DATASET);
  await putViews(catalog, SHARED_DATASET, views);
}

/** A view may read another: those that fail are tried again as long as another one succeeds. */
async function putViews(
  catalog: Catalog,
  dataset: string,
  views: readonly TranslatedView[],
): Promise<void> {
  const failed: { view: TranslatedView; error: unknown }[] = [];
  for (const view of views) {
    try {
      await catalog.putView(dataset, view.name, { ...view, fields: readViewColumns(view.name) });
    } catch (error) {
      failed.push({ view, error });
    }
  }
  if (failed.length === views.length && failed[0] !== undefined) throw failed[0].error;
  if (failed.length > 0) await putViews(catalog, dataset, failed.map(({ view }) => view));
}
