import { EmulatorServer } from "../../http/emulator_server.ts";
import { makeBigQueryApp } from "../bigquery_app.ts";
import type { ViewColumn } from "../../../infra/bigquery/read_schemas.ts";
import { type BigQueryParts, openBigQuery } from "../bigquery_parts.ts";
import { SAMPLE_NOW_MS, sampleRows, sampleSweeps } from "./sample_rows.ts";

/** A local BigQuery that holds the sample data and has their present time. */
export interface SampleBigQuery {
  readonly url: string;
  /** Where queries are posted to. */
  readonly queriesUrl: string;
  readonly parts: BigQueryParts;
  close(): Promise<void>;
}

const PROJECT = "tintype-local";

/** What a sample BigQuery holds beside its own columns and rows. */
interface SampleOptions {
  readonly ownColumns?: readonly ViewColumn[];
  readonly rows?: readonly object[];
}

/** Serves a BigQuery in memory and writes the sample rows into it as Pub/Sub does. */
export async function openSampleBigQuery(
  { ownColumns = [], rows = sampleRows() }: SampleOptions = {},
): Promise<SampleBigQuery> {
  const parts = await openBigQuery(":memory:", PROJECT, { nowMs: SAMPLE_NOW_MS, ownColumns });
  const server = new EmulatorServer(makeBigQueryApp(parts), { part: "bigquery" });
  const url = await server.listen(0);
  await writeRows(url, "images", rows);
  await writeRows(url, "purges", sampleSweeps());
  return {
    url,
    queriesUrl: `${url}/bigquery/v2/projects/${PROJECT}/queries`,
    parts,
    async close() {
      await server.close();
      await parts.database.close();
    },
  };
}

async function writeRows(url: string, table: string, rows: readonly object[]): Promise<void> {
  const body = JSON.stringify({ project: PROJECT, dataset: "tintype", table, rows });
  const response = await fetch(`${url}/_local/rows`, { method: "POST", body });
  const { errors = [response.status] } = Object(await response.json());
  if (errors.length > 0) throw new Error(`Cannot write sample rows: ${JSON.stringify(errors)}`);
}
