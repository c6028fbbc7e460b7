import assert from "node:assert/strict";
import { test } from "node:test";
import { requireColumns } from "./require_columns.ts";

const rows = { columns: () => Promise.resolve(new Map([["blur_score", "FLOAT64"]])) };

test("requireColumns() lets a pipeline start whose columns are there", async () => {
  await requireColumns(rows, { blur_score: "FLOAT64" });
});

test("requireColumns() names columns that are missing or of another type", async () => {
  await assert.rejects(requireColumns(rows, { blur_score: "INT64", is_receipt: "BOOL" }), {
    code: "invalid_config",
    message: /blur_score must be INT64: current type is FLOAT64; is_receipt must be BOOL/,
  });
});

test("requireColumns() asks nothing for a pipeline without columns", async () => {
  await requireColumns({ columns: () => Promise.reject(new Error("asked")) }, {});
});
