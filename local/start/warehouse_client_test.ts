import assert from "node:assert/strict";
import { test } from "node:test";
import { makeFolder, removeFolder, startWarehouse } from "../bigquery/_testing.ts";
import { queryWarehouse } from "./warehouse_client.ts";

test("queryWarehouse() answers every row, those behind the first page too", async (t) => {
  const folder = await makeFolder();
  t.after(() => removeFolder(folder));
  const warehouse = await startWarehouse(folder);
  t.after(() => warehouse.stop("SIGTERM"));
  const query = "SELECT i FROM range(25000) AS numbers(i) ORDER BY i";
  const rows = await queryWarehouse(warehouse.url, "tintype-local", query);
  assert.equal(rows.length, 25_000);
  assert.deepEqual(rows.at(-1), ["24999"]);
});
