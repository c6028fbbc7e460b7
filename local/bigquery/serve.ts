/**
 * BigQuery's REST API on a DuckDB file: `bigquery_app` routes requests, `routes` maps API calls to parts: `run_query`
 * (SQL by its translation or as it is), `catalog` (tables). Rows come in by `write_rows`. `bigquery_parts` makes those parts
 * over `database`, the one file that holds everything; `dashboard` shows the views at `/`.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { emulatorLog, EmulatorServer, runEmulator } from "../http/emulator_server.ts";
import { makeBigQueryApp } from "./bigquery_app.ts";
import { openBigQuery } from "./bigquery_parts.ts";

const {
  PORT = "9050",
  DATA_DIR = ".tintype/bigquery",
  GOOGLE_CLOUD_PROJECT = "tintype-local",
  LOG_LEVEL,
  RETENTION_MS,
} = process.env;

await runEmulator("bigquery", async () => {
  mkdirSync(DATA_DIR, { recursive: true });
  const parts = await openBigQuery(join(DATA_DIR, "bigquery.duckdb"), GOOGLE_CLOUD_PROJECT, {
    retentionMs: RETENTION_MS === undefined ? undefined : Number(RETENTION_MS),
  });
  const log = emulatorLog("bigquery", LOG_LEVEL);
  const { faults, database } = parts;
  const server = new EmulatorServer(makeBigQueryApp(parts), { part: "bigquery", log, faults });
  const url = await server.listen(Number(PORT));
  return { url, close: () => server.close().then(() => database.close()) };
});
