import policy from "../../core/retention/policy.json" with { type: "json" };
import { FaultInjector } from "../faults/faults.ts";
import { Catalog } from "./catalog.ts";
import { Database } from "./database.ts";
import { RowInserter } from "./insert_rows.ts";
import { JobStore } from "./jobs.ts";
import { prepareDataset } from "./prepare_dataset.ts";
import type { QueryParts } from "./run_query.ts";
import { readTranslations } from "./sql_translations.ts";
import { StreamingBuffer } from "./streaming_buffer.ts";

/** The parts of the local BigQuery, made once. */
export interface BigQueryParts extends QueryParts {
  readonly project: string;
  readonly retentionMs: number;
  /** The present time in milliseconds since the epoch. */
  readonly now: () => number;
  readonly inserter: RowInserter;
  readonly jobs: JobStore;
  readonly faults: FaultInjector;
}

/** Settings beside the file. */
interface BigQueryOptions {
  /** The fixed present time of views and questions; the clock's where none is given. */
  readonly nowMs?: number;
  /** How long images are kept, which the dashboard counts down; the policy's period by default. */
  readonly retentionMs?: number | undefined;
}

/** Opens a DuckDB file with the project's tables and views in it. */
export async function openBigQuery(
  path: string,
  project: string,
  { nowMs, retentionMs = policy.periodMs }: BigQueryOptions = {},
): Promise<BigQueryParts> {
  const database = await Database.open(path, project);
  const catalog = new Catalog(database);
  const translations = readTranslations(nowMs);
  await prepareDataset(catalog, translations);
  return {
    project,
    retentionMs,
    now: () => nowMs ?? Date.now(),
    database,
    catalog,
    translations,
    inserter: new RowInserter(database),
    jobs: new JobStore(project),
    buffer: new StreamingBuffer(),
    faults: new FaultInjector(),
  };
}
