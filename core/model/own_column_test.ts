import assert from "node:assert/strict";
import { test } from "node:test";
import { columnNameFault, fitsColumn, type OwnColumn } from "./own_column.ts";

const of = (type: "INT64" | "FLOAT64" | "BOOL"): OwnColumn => ({ type, description: "x" });
const WORDS: OwnColumn = { type: "STRING", values: ["day", "night"], description: "x" };

test("columnNameFault() takes names that BigQuery takes and that are not ours", () => {
  assert.equal(columnNameFault("blur_score"), undefined);
  assert.match(columnNameFault("Blur Score") ?? "", /must be a column's name/);
  assert.match(columnNameFault("sharpness") ?? "", /already/);
});

test("fitsColumn() holds values to their column's type, and texts to its words", () => {
  assert.deepEqual([fitsColumn(3, of("INT64")), fitsColumn(3.5, of("INT64"))], [true, false]);
  assert.deepEqual([fitsColumn(3.5, of("FLOAT64")), fitsColumn(NaN, of("FLOAT64"))], [true, false]);
  assert.deepEqual([fitsColumn(true, of("BOOL")), fitsColumn(1, of("BOOL"))], [true, false]);
  assert.deepEqual([fitsColumn("day", WORDS), fitsColumn("Jane", WORDS)], [true, false]);
  assert.ok([of("INT64"), of("BOOL"), WORDS].every((column) => fitsColumn(null, column)));
});
