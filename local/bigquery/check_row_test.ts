import { DuckDBTimestampTZValue } from "@duckdb/node-api";
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkRow } from "./check_row.ts";
import { parseFields } from "./table_schema.ts";

const FIELDS = parseFields([
  { name: "id", type: "STRING", mode: "REQUIRED" },
  { name: "n", type: "INT64" },
  { name: "x", type: "FLOAT64" },
  { name: "ok", type: "BOOL" },
  { name: "at", type: "TIMESTAMP" },
]);

const STRICT = { ignoreUnknownValues: false };

test("checkRow() reads each type from JSON's and from text, as BigQuery does", () => {
  const row = { ID: 7, n: "42", x: "1.5", ok: "TRUE", at: 1.5 };
  const { values } = checkRow(FIELDS, row, STRICT);
  assert.deepEqual(Object.fromEntries(values ?? []), {
    id: "7",
    n: 42n,
    x: 1.5,
    ok: true,
    at: new DuckDBTimestampTZValue(1_500_000n),
  });
});

test("checkRow() keeps a 64-bit integer exact and refuses a larger one", () => {
  const { values } = checkRow(FIELDS, { id: "a", n: "9223372036854775807" }, STRICT);
  assert.equal(values?.get("n"), 9223372036854775807n);
  const { errors } = checkRow(FIELDS, { id: "a", n: "9223372036854775808" }, STRICT);
  assert.match(errors?.[0]?.message ?? "", /integer/);
});

const REFUSED = [
  [{ id: "a", colour: "red" }, "colour", "no such field: colour."],
  [{ n: 1 }, "id", "Missing required field: id."],
  [{ id: null }, "id", "Missing required field: id."],
  [{ id: ["a"] }, "id", "Array specified for non-repeated field: id."],
  [{ id: { a: 1 } }, "id", "This field: id is not a record."],
  [{ id: "a", n: 1.5 }, "n", "Cannot convert value to integer (bad value): 1.5"],
  [{ id: "a", n: true }, "n", "Cannot convert value to integer (bad value): true"],
  [{ id: "a", x: "much" }, "x", "Cannot convert value to floating point (bad value): much"],
  [{ id: "a", ok: 1 }, "ok", "Cannot convert value to boolean (bad value): 1"],
] as const;

for (const [row, location, message] of REFUSED) {
  test(`checkRow() refuses ${JSON.stringify(row)}`, () => {
    const { errors } = checkRow(FIELDS, row, STRICT);
    assert.deepEqual(errors, [{ reason: "invalid", location, debugInfo: "", message }]);
  });
}

test("checkRow() leaves unknown fields out where it is told to ignore them", () => {
  const { values } = checkRow(FIELDS, { id: "a", colour: "red" }, { ignoreUnknownValues: true });
  assert.deepEqual(Object.fromEntries(values ?? []), { id: "a" });
});
