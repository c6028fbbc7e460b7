import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { createBigQueryClient } from "@tintype/processor/adapters/bigquery_client";
import { BigQueryRowSink } from "@tintype/processor/adapters/bigquery_row_sink";
import { PURGES_RETENTION_MS } from "@tintype/core/retention/bounds";
import { createApp } from "../app.ts";
import { openWarehouse } from "../warehouse.ts";
import { SAMPLE_NOW_MS, sampleRows, sampleSweeps } from "./sample_rows.ts";

/** A warehouse that holds the sample data and whose present time is theirs. */
export interface SampleWarehouse {
  readonly url: string;
  readonly project: string;
  close(): Promise<void>;
}

const PROJECT = "tintype-local";
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Serves a warehouse in memory and streams the sample rows into it, as the processor does, through Google's client. */
export async function openSampleWarehouse(): Promise<SampleWarehouse> {
  const warehouse = await openWarehouse(":memory:", PROJECT, { nowMs: SAMPLE_NOW_MS });
  const handle = createApp(warehouse, SILENT);
  const server = createServer((request, response) => void handle(request, response, request));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // never a pipe, as it listens on a port
  const url = `http://127.0.0.1:${port}`;
  const sink = new BigQueryRowSink(
    createBigQueryClient({ projectId: PROJECT, endpoint: url }),
    { dataset: "tintype", purgesRetentionMs: PURGES_RETENTION_MS },
  );
  await Promise.all(sampleRows().map((row) => sink.append(row)));
  await sink.recordPurge(sampleSweeps());
  return {
    url,
    project: PROJECT,
    async close() {
      server.close();
      server.closeAllConnections();
      await warehouse.database.close();
    },
  };
}
