import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Emulator, startEmulator } from "@tintype/core/testing/start_emulator";
import { createBigQueryClient } from "./bigquery_client.ts";
import { BigQueryRowColumns } from "./bigquery_row_columns.ts";

function columnsOf(endpoint: string): BigQueryRowColumns {
  const client = createBigQueryClient({ projectId: "tintype-local", endpoint });
  return new BigQueryRowColumns(client, { dataset: "tintype" });
}

describe("the pipeline's columns and BigQuery", () => {
  let emulator: Emulator;
  before(async () => {
    emulator = await startEmulator("bigquery");
  });
  after(async () => void await emulator.stop());

  test("columns() tells names and types as SQL has them", async () => {
    const columns = await columnsOf(emulator.url).columns();
    assert.deepEqual(
      ["image_id", "t0", "bytes", "mean_luma", "is_blank"].map((name) => columns.get(name)),
      ["STRING", "TIMESTAMP", "INT64", "FLOAT64", "BOOL"],
    );
    assert.equal(columns.get("blur_score"), undefined);
  });

  test("columns() is unavailable where nobody answers", async () => {
    const signal = AbortSignal.timeout(3_000);
    const asking = columnsOf("http://localhost:9").columns({ signal });
    await assert.rejects(asking, { code: "unavailable" });
  });
});
