/**
 * BigQuery's REST API on a DuckDB file: `serve` reads the environment and listens, `app` reads a request and answers it,
 * `routes` maps API calls to parts: `insert_rows` (insertAll), `run_query` (SQL by its twin or as it is), `catalog` (tables).
 * `warehouse` makes those parts over `database`, the one file that holds everything; `dashboard` shows the views at `/`.
 */
import { mkdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { withFaults } from "../faults/faults.ts";
import { JsonLog, logLevelOf } from "../json_log.ts";
import { createApp } from "./app.ts";
import { openWarehouse } from "./warehouse.ts";

const PART = "bigquery";
const DRAIN_MS = 5_000;

function listen(server: Server, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once("error", reject);
  server.listen(port, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo; // never a pipe, as it listens on a port
    resolve(port);
  });
  return promise;
}

/** Stops accepting and waits for what is under way, at most {@link DRAIN_MS}. */
function drain(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeIdleConnections();
  setTimeout(resolve, DRAIN_MS).unref();
  return promise;
}

async function main(): Promise<void> {
  const {
    PORT = "9050",
    DATA_DIR = ".tintype/warehouse",
    GOOGLE_CLOUD_PROJECT = "tintype-local",
    LOG_LEVEL,
    RETENTION_MS,
  } = process.env;
  mkdirSync(DATA_DIR, { recursive: true });
  const warehouse = await openWarehouse(join(DATA_DIR, "warehouse.duckdb"), GOOGLE_CLOUD_PROJECT, {
    retentionMs: RETENTION_MS === undefined ? undefined : Number(RETENTION_MS),
  });
  const log = new JsonLog(PART, logLevelOf(LOG_LEVEL));
  const server = createServer(withFaults(warehouse.faults, createApp(warehouse, log)));
  const port = await listen(server, Number(PORT));
  const url = `http://localhost:${port}`;
  process.stdout.write(`${JSON.stringify({ event: "listening", part: PART, url })}\n`);
  const stop = async () => {
    await drain(server);
    await warehouse.database.close();
    process.exit(0);
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

await main().catch((error: unknown) => {
  const reason = error instanceof Error ? error.message : String(error);
  console.error(`Cannot start the warehouse: ${reason.replaceAll("\n", " ")}`);
  process.exit(1);
});
