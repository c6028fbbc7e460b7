import { DuckDBInstance } from "@duckdb/node-api";
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { makeFolder, removeFolder } from "./_testing.ts";
import { DATASET } from "./prepare_dataset.ts";
import { runQuery } from "./run_query.ts";
import { openWarehouse } from "./warehouse.ts";

const NO_PARAMETERS = { parameters: [], dryRun: false };

test("a database of an older schema gets the new columns and keeps its rows", async () => {
  const folder = await makeFolder();
  const path = join(folder, "warehouse.duckdb");
  const old = await DuckDBInstance.create(path);
  const connection = await old.connect();
  await connection.run("CREATE SCHEMA tintype");
  await connection.run("CREATE TABLE tintype.images (image_id VARCHAR, _ingested_at TIMESTAMPTZ)");
  await connection.run("INSERT INTO tintype.images VALUES ('old', now())");
  connection.closeSync();
  old.closeSync();
  const warehouse = await openWarehouse(path, "tintype-local");
  try {
    const table = await warehouse.catalog.getTable(DATASET, "images");
    const required = {
      tenant: "t",
      owner: "o",
      t0: "2026-11-20T10:00:00Z",
      status: "ready",
      processed_at: "2026-11-20T10:00:05Z",
    };
    const rows = [{ json: { image_id: "new", engine: "sharp", ...required } }];
    const options = { skipInvalidRows: false, ignoreUnknownValues: false };
    assert.deepEqual(await warehouse.inserter.insert(table, rows, options), []);
    const sql = "SELECT image_id, engine FROM tintype.images ORDER BY image_id";
    const { rows: found } = await runQuery(warehouse, sql, NO_PARAMETERS);
    assert.deepEqual(found, [["new", "sharp"], ["old", null]]);
  } finally {
    await warehouse.database.close();
    await removeFolder(folder);
  }
});

test("every twin of a statement is one that DuckDB can prepare", async () => {
  const folder = await makeFolder();
  const warehouse = await openWarehouse(join(folder, "warehouse.duckdb"), "tintype-local");
  try {
    for (const { source, bigquery } of warehouse.twins.all) {
      await assert.doesNotReject(
        runQuery(warehouse, `\n${bigquery}\n`, { parameters: [], dryRun: true }),
        source,
      );
    }
  } finally {
    await warehouse.database.close();
    await removeFolder(folder);
  }
});
