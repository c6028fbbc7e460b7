import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Emulator, startEmulator } from "@tintype/core/testing/start_emulator";
import { createBigQueryClient } from "../adapters/bigquery_client.ts";
import { BigQueryRowColumns } from "../adapters/bigquery_row_columns.ts";
import { spawnProcessor } from "../testing/spawn_processor.ts";

function columnsOf(endpoint: string): BigQueryRowColumns {
  const client = createBigQueryClient({ projectId: "tintype-local", endpoint });
  return new BigQueryRowColumns(client, { dataset: "tintype" });
}

function processor(endpoint: string): Deno.ChildProcess {
  const pipeline = "processor/examples/watermark_and_blur.ts";
  return spawnProcessor({ BIGQUERY_ENDPOINT: endpoint, PIPELINE: pipeline });
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

  test("a processor does not start with columns that BigQuery lacks", async () => {
    const { code, stderr } = await processor(emulator.url).output();
    assert.equal(code, 1);
    const lacks = /blur_score must be FLOAT64: current type is none/;
    assert.match(new TextDecoder().decode(stderr), lacks);
  });

  test("a processor starts when BigQuery has them", async () => {
    const table =
      `${emulator.url}/bigquery/v2/projects/tintype-local/datasets/tintype/tables/images`;
    const { schema } = await (await fetch(table)).json();
    const own = [{ name: "blur_score", type: "FLOAT64" }, { name: "daylight", type: "STRING" }];
    const patched = await fetch(table, {
      method: "PATCH",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ schema: { fields: [...schema.fields, ...own] } }),
    });
    assert.equal(patched.status, 200, await patched.text());
    const started = processor(emulator.url);
    const reader = started.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const { value } = await reader.read();
    started.kill("SIGTERM");
    await reader.cancel();
    await started.stderr.cancel();
    await started.status;
    assert.match(value ?? "", /"listening"/);
  });
});
