import * as z from "zod";
import { faultControls } from "../faults/fault_controls.ts";
import type { Control } from "../http/controls.ts";
import type { BigQueryParts } from "./bigquery_parts.ts";
import { readDashboardData, readQuestions } from "./dashboard/dashboard_data.ts";
import { writeRowsControl } from "./write_rows.ts";

const bufferSchema = z.strictObject({ seconds: z.number().min(0).max(86_400) });

/** The controls of the local BigQuery. */
export function bigQueryControls(parts: BigQueryParts): readonly Control[] {
  const { buffer, faults } = parts;
  return [
    ...faultControls(faults),
    writeRowsControl(parts),
    {
      method: "POST",
      path: "/_local/buffer",
      body: "{seconds}",
      does: "refuses DML that touches a younger row, as BigQuery's streaming buffer does",
      run(body) {
        buffer.seconds = bufferSchema.parse(body).seconds;
        return { body: { seconds: buffer.seconds } };
      },
    },
    {
      method: "GET",
      path: "/_local/buffer",
      does: "shows the seconds of the streaming buffer",
      run: () => ({ body: { seconds: buffer.seconds } }),
    },
    {
      method: "GET",
      path: "/_local/tables",
      does: "lists tables and views",
      run: async () => ({ body: await listTables(parts) }),
    },
    {
      method: "GET",
      path: "/_local/dashboard",
      does: "runs every view of the dashboard at /",
      run: async () => ({ body: await readDashboardData(parts) }),
    },
    {
      method: "GET",
      path: "/_local/questions",
      does: "shows the worked questions of docs/analysts.md",
      run: () => ({ body: readQuestions() }),
    },
  ];
}

async function listTables({ project, catalog }: BigQueryParts) {
  const datasets = await catalog.listDatasets();
  const tables = await Promise.all(datasets.map(async (dataset) => {
    const list = await catalog.listTables(dataset);
    return list.map(({ table, kind }) => ({ name: `${dataset}.${table}`, kind }));
  }));
  return { part: "bigquery", project, tables: tables.flat() };
}
