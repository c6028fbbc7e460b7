import { DuckDBTimestampTZValue, listValue, structValue } from "@duckdb/node-api";
import assert from "node:assert/strict";
import { test } from "node:test";
import { readRow } from "./read_row.ts";
import { parseFields } from "./table_schema.ts";

const FIELDS = parseFields([
  { name: "id", type: "STRING", mode: "REQUIRED" },
  { name: "n", type: "INT64" },
  { name: "x", type: "FLOAT64" },
  { name: "ok", type: "BOOL" },
  { name: "at", type: "TIMESTAMP" },
  { name: "parts", type: "RECORD", mode: "REPEATED", fields: [{ name: "size", type: "INT64" }] },
]);

const STRICT = { dropUnknownFields: false };

function valuesOf(row: unknown, options = STRICT) {
  const read = readRow(FIELDS, row, options);
  return "values" in read ? Object.fromEntries(read.values) : assert.fail(read.refusal);
}

test("readRow() reads each type, names in any case, and a missing list as an empty one", () => {
  assert.deepEqual(valuesOf({ ID: "7", n: "42", x: 1.5, ok: true, at: 1_500_000 }), {
    id: "7",
    n: 42n,
    x: 1.5,
    ok: true,
    at: new DuckDBTimestampTZValue(1_500_000n),
    parts: listValue([]),
  });
});

test("readRow() reads records within a list", () => {
  const { parts } = valuesOf({ id: "a", parts: [{ size: 1 }, {}] });
  assert.deepEqual(parts, listValue([structValue({ size: 1n }), structValue({ size: null })]));
});

test("readRow() keeps a 64-bit integer exact", () => {
  assert.equal(valuesOf({ id: "a", n: "9223372036854775807" })["n"], 9223372036854775807n);
});

test("readRow() leaves unknown fields out where it is asked to", () => {
  const { colour, id } = valuesOf({ id: "a", colour: "red" }, { dropUnknownFields: true });
  assert.deepEqual([id, colour], ["a", undefined]);
});

const REFUSED = [
  [["a"], "A row must be a JSON object"],
  [{ id: "a", colour: "red" }, "no such field: colour."],
  [{ n: 1 }, "Missing required field: id."],
  [{ id: null }, "Missing required field: id."],
  [{ id: 7 }, "Field id is STRING, which cannot hold 7"],
  [{ id: ["a"] }, "Array specified for non-repeated field: id."],
  [{ id: { a: 1 } }, "This field: id is not a record."],
  [{ id: "a", n: 1.5 }, "Field n is INT64, which cannot hold 1.5"],
  [{ id: "a", n: true }, "Field n is INT64, which cannot hold true"],
  [
    { id: "a", n: "9223372036854775808" },
    'Field n is INT64, which cannot hold "9223372036854775808"',
  ],
  [{ id: "a", x: "much" }, 'Field x is FLOAT64, which cannot hold "much"'],
  [{ id: "a", ok: 1 }, "Field ok is BOOL, which cannot hold 1"],
  [{ id: "a", ok: "TRUE" }, 'Field ok is BOOL, which cannot hold "TRUE"'],
  [{ id: "a", at: 1.5 }, "Field at is TIMESTAMP, which cannot hold 1.5"],
  [{ id: "a", parts: {} }, "Field parts is repeated, which cannot hold {}"],
  [{ id: "a", parts: null }, "Field parts is repeated, which cannot hold null"],
  [{ id: "a", parts: [null] }, "Field parts is RECORD, which cannot hold null"],
  [{ id: "a", parts: [{ size: "x" }] }, 'Field parts.size is INT64, which cannot hold "x"'],
] as const;

for (const [row, refusal] of REFUSED) {
  test(`readRow() refuses ${JSON.stringify(row)}`, () => {
    assert.deepEqual(readRow(FIELDS, row, STRICT), { refusal });
  });
}
