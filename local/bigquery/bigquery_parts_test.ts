import { DuckDBInstance, listValue } from "@duckdb/node-api";
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { makeFolder } from "../_testing.ts";
import { askControl } from "../http/_testing.ts";
import { imageRow, openParts } from "./_testing.ts";
import { runQuery } from "./run_query.ts";
import { writeRowsControl } from "./write_rows.ts";

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
  const body = {
    ...{ project: "tintype-local", dataset: "tintype", table: "images" },
    rows: [imageRow("new", { engine: "sharp" })],
  };
  const written = await askControl([writeRowsControl(parts)], "POST", "/_local/rows", body);
  assert.deepEqual(written.body, { errors: [] });
  const sql = "SELECT image_id, engine, renditions FROM tintype.images ORDER BY image_id";
  const { rows: found } = await runQuery(parts, sql);
  assert.deepEqual(found, [["new", "sharp", listValue([])], ["old", null, listValue([])]]);
});

test("DuckDB can prepare every translation of a statement", async (t) => {
  const parts = await openParts(t);
  for (const { source, bigquery } of parts.translations.all) {
    await assert.doesNotReject(runQuery(parts, `\n${bigquery}\n`, { dryRun: true }), source);
  }
});
