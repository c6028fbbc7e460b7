import assert from "node:assert/strict";
import { test } from "node:test";
import { startEmulator } from "@tintype/core/testing/start_emulator";
import { queryBigQuery } from "./check_results.ts";

test("queryBigQuery() answers every row, those behind the first page too", async (t) => {
  const emulator = await startEmulator("bigquery");
  t.after(() => emulator.stop());
  const query = "SELECT i FROM range(25000) AS numbers(i) ORDER BY i";
  const rows = await queryBigQuery(emulator.url, "tintype-local", query);
  assert.equal(rows.length, 25_000);
  assert.deepEqual(rows.at(-1), ["24999"]);
});
