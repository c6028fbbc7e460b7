import { createBigQueryClient } from "@tintype/processor/adapters/bigquery_client";
import { BigQueryRowSink } from "@tintype/processor/adapters/bigquery_row_sink";
import { EmulatorServer } from "../../http/emulator_server.ts";
import { makeBigQueryApp } from "../bigquery_app.ts";
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
const PURGES_RETENTION_MS = 400 * 86_400_000;

/** Serves a BigQuery in memory and streams the sample rows into it, as the processor does, through Google's client. */
export async function openSampleBigQuery(): Promise<SampleBigQuery> {
  const parts = await openBigQuery(":memory:", PROJECT, { nowMs: SAMPLE_NOW_MS });
  const server = new EmulatorServer(makeBigQueryApp(parts), { part: "bigquery" });
  const url = await server.listen(0);
  const sink = new BigQueryRowSink(
    createBigQueryClient({ projectId: PROJECT, endpoint: url }),
    { dataset: "tintype", purgesRetentionMs: PURGES_RETENTION_MS },
  );
  await Promise.all(sampleRows().map((row) => sink.append(row)));
  await sink.recordPurge(sampleSweeps());
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
