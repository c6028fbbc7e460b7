import { DuckDBInstance } from "@duckdb/node-api";
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { makeFolder } from "../_testing.ts";
import { openParts } from "./_testing.ts";
import { runQuery } from "./run_query.ts";

test("a database of an older schema gets the new columns and keeps its rows", async (t) => {
  const path = join(await makeFolder(t), "bigquery.duckdb");
  const old = await DuckDBInstance.create(path);
  const connection = await old.connect();
  await connection.run("CREATE SCHEMA tintype");
  await connection.run("CREATE TABLE tintype.images (image_id VARCHAR, _ingested_at TIMESTAMPTZ)");
  await connection.run("INSERT INTO tintype.images VALUES ('old', now())");
  connection.closeSync();
  old.closeSync();
  const parts = await openParts(t, path);
  const table = await parts.catalog.getTable("tintype", "images");
  const required = {
    tenant: "t",
    owner: "o",
    t0: "2026-11-20T10:00:00Z",
    status: "ready",
    processed_at: "2026-11-20T10:00:05Z",
  };
  const rows = [{ json: { image_id: "new", engine: "sharp", ...required } }];
  const options = { skipInvalidRows: false, ignoreUnknownValues: false };
  assert.deepEqual(await parts.inserter.insert(table, rows, options), []);
  const sql = "SELECT image_id, engine FROM tintype.images ORDER BY image_id";
  const { rows: found } = await runQuery(parts, sql);
  assert.deepEqual(found, [["new", "sharp"], ["old", null]]);
});

test("DuckDB can prepare every translation of a statement", async (t) => {
  const parts = await openParts(t);
  for (const { source, bigquery } of parts.translations.all) {
    await assert.doesNotReject(runQuery(parts, `\n${bigquery}\n`, { dryRun: true }), source);
  }
});
