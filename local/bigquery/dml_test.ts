import assert from "node:assert/strict";
import { test } from "node:test";
import { openParts } from "./_testing.ts";
import { runQuery } from "./run_query.ts";

const DELETE = "DELETE FROM tintype.images WHERE TRUE";
const INSERT =
  "INSERT INTO tintype.images (image_id, t0, source, status, processed_at) VALUES ('a', CURRENT_TIMESTAMP(), 'edge', 'ready', CURRENT_TIMESTAMP())";
const OUTSTANDING = 22;

test("the statement after two that run and twenty that wait is refused, and no INSERT or other table is", async (t) => {
  const parts = await openParts(t);
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  void parts.database.exclusive(() => held);
  const deletions = Array.from({ length: OUTSTANDING + 1 }, () => runQuery(parts, DELETE));
  const insert = runQuery(parts, INSERT);
  const other = runQuery(parts, "DELETE FROM tintype.purges WHERE TRUE");
  await assert.rejects(Promise.all(deletions), {
    reason: "resourcesExceeded",
    message:
      "Resources exceeded during query execution: Too many DML statements outstanding against table tintype-local:tintype.images, limit is 20.",
  });
  release();
  await Promise.all([...deletions.map((each) => each.catch(() => undefined)), insert, other]);
  await runQuery(parts, DELETE);
  const outcomes = parts.dml.statements.map(({ table, outcome }) => `${table} ${outcome}`);
  assert.equal(outcomes.filter((each) => each === "tintype.images refused").length, 1);
  assert.equal(outcomes.filter((each) => each === "tintype.images done").length, OUTSTANDING + 1);
  assert.equal(outcomes.filter((each) => each === "tintype.purges done").length, 1);
});

test("a statement that fails leaves the queue, too", async (t) => {
  const parts = await openParts(t);
  const wrong = () =>
    runQuery(parts, "UPDATE tintype.images SET bytes = CAST('x' AS INT64) WHERE TRUE");
  await runQuery(parts, INSERT);
  for (let turn = 0; turn < OUTSTANDING + 1; turn++) {
    await assert.rejects(wrong(), { reason: "invalidQuery" });
  }
});
