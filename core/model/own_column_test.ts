import assert from "node:assert/strict";
import { test } from "node:test";
import { columnNameFault, columnsFault, fitsColumn, type OwnColumn } from "./own_column.ts";

const of = (type: "INT64" | "FLOAT64" | "BOOL"): OwnColumn => ({ type, description: "x" });
const WORDS: OwnColumn = { type: "STRING", values: ["day", "night"], description: "x" };

test("columnNameFault() takes names that BigQuery takes and that are not ours", () => {
  assert.equal(columnNameFault("blur_score"), undefined);
  assert.match(columnNameFault("Blur Score") ?? "", /must be a column's name/);
  assert.match(columnNameFault("sharpness") ?? "", /already/);
});

const LIST: OwnColumn = { type: "FLOAT64", mode: "REPEATED", maxItems: 2, description: "x" };
const LABELS: OwnColumn = { ...WORDS, mode: "REPEATED", maxItems: 3 };

for (
  const [column, fitting, others] of [
    [of("INT64"), [3, null], [3.5, [3]]],
    [of("FLOAT64"), [3.5, null], [NaN, "3"]],
    [of("BOOL"), [true, null], [1]],
    [WORDS, ["day", null], ["Jane", ["day"]]],
    [LIST, [[], [0.5], [1, -2], null], [[1, 2, 3], [NaN], ["1"], 1]],
    [LABELS, [["night", "day"], []], [["Jane"], "day"]],
  ] as const
) {
  test(`fitsColumn() holds ${column.mode ?? "single"} ${column.type} to its type, words and number`, () => {
    for (const value of fitting) assert.ok(fitsColumn(value, column), `${value}`);
    for (const value of others) assert.ok(!fitsColumn(value, column), `${value}`);
  });
}

for (
  const [columns, fault] of [
    [{ a: LIST, b: LABELS, c: of("BOOL") }, undefined],
    [{ a: { ...LIST, maxItems: 4_095 }, b: LIST }, /together must be at most 4096/],
    [{ a: { ...LIST, maxItems: 0 } }, /maxItems of "a"/],
    [{ a: { ...WORDS, values: [] } }, /"a" has no values/],
    [{ a: { description: "x", type: "TEXT" } as unknown as OwnColumn }, /one of STRING/], // of JavaScript
  ] as const
) {
  test(`columnsFault() says of ${Object.keys(columns)}: ${fault}`, () => {
    const found = columnsFault(columns);
    if (fault === undefined) assert.equal(found, fault);
    else assert.match(found ?? "", fault);
  });
}
