import policy from "../../core/retention/policy.json" with { type: "json" };
import { FaultInjector } from "../faults/faults.ts";
import { Catalog } from "./catalog.ts";
import { Database } from "./database.ts";
import { RowInserter } from "./insert_rows.ts";
import { JobStore } from "./jobs.ts";
import { prepareDataset, TWINS_URL } from "./prepare_dataset.ts";
import { StreamingBuffer } from "./streaming_buffer.ts";
import { readTwins, type Twins } from "./twins.ts";

/** The parts of the warehouse, made once. */
export interface Warehouse {
  readonly project: string;
  readonly retentionMs: number;
  /** The present time in milliseconds since the epoch. */
  readonly now: () => number;
  readonly database: Database;
  readonly catalog: Catalog;
  readonly twins: Twins;
  readonly inserter: RowInserter;
  readonly jobs: JobStore;
  readonly buffer: StreamingBuffer;
  readonly faults: FaultInjector;
}

/** What a warehouse is told beside its file. */
export interface WarehouseOptions {
  /** The present time of views and questions for ever; the clock's where none is given. */
  readonly nowMs?: number | undefined;
  /** How long images are kept, which the dashboard counts down; seven days unless `start` shortens them. */
  readonly retentionMs?: number | undefined;
}

/** Opens the warehouse on a DuckDB file, with the project's tables and views in it. */
export async function openWarehouse(
  path: string,
  project: string,
  { nowMs, retentionMs = policy.periodMs }: WarehouseOptions = {},
): Promise<Warehouse> {
  const database = await Database.open(path, project);
  const catalog = new Catalog(database);
  const twins = readTwins(TWINS_URL, { nowMs });
  await prepareDataset(catalog, twins);
  return {
    project,
    retentionMs,
    now: () => nowMs ?? Date.now(),
    database,
    catalog,
    twins,
    inserter: new RowInserter(database),
    jobs: new JobStore(project),
    buffer: new StreamingBuffer(),
    faults: new FaultInjector(),
  };
}
