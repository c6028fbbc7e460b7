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
  readonly database: Database;
  readonly catalog: Catalog;
  readonly twins: Twins;
  readonly inserter: RowInserter;
  readonly jobs: JobStore;
  readonly buffer: StreamingBuffer;
  readonly faults: FaultInjector;
}

/** Opens the warehouse on a DuckDB file, with the project's tables and views in it. */
export async function openWarehouse(path: string, project: string): Promise<Warehouse> {
  const database = await Database.open(path, project);
  const catalog = new Catalog(database);
  const twins = readTwins(TWINS_URL);
  await prepareDataset(catalog, twins);
  return {
    project,
    database,
    catalog,
    twins,
    inserter: new RowInserter(database),
    jobs: new JobStore(project),
    buffer: new StreamingBuffer(),
    faults: new FaultInjector(),
  };
}
