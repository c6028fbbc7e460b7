import { IMAGE_ROW_COLUMNS } from "@tintype/core/model/image_row";
import { columnNameFault } from "@tintype/core/model/own_column";
import assert from "node:assert/strict";
import { test } from "node:test";
import { readTables } from "../../infra/bigquery/read_schemas.ts";
import { HIDDEN_COLUMN, parseFields } from "./table_schema.ts";

const TABLES = readTables().map(({ name, partition, columns }) => ({
  name,
  partition,
  fields: parseFields(columns),
}));

test("the schema of images begins with the columns of an image row, in its order", () => {
  const images = TABLES.find(({ name }) => name === "images")?.fields ?? [];
  const names = images.map(({ name }) => name);
  // A company's own columns follow (`deno task columns`).
  assert.deepEqual(names.slice(0, IMAGE_ROW_COLUMNS.length), [...IMAGE_ROW_COLUMNS]);
  assert.deepEqual(names.map(columnNameFault).slice(IMAGE_ROW_COLUMNS.length).filter(Boolean), []);
});

test("the partition of each table of facts is a required timestamp", () => {
  assert.deepEqual(TABLES.map(({ partition }) => partition), ["t0", "swept_at", null]);
  for (const { partition, fields } of TABLES.filter(({ partition }) => partition !== null)) {
    const field = fields.find(({ name }) => name === partition);
    assert.deepEqual([field?.type, field?.mode], ["TIMESTAMP", "REQUIRED"]);
  }
});

test("every column of every schema is described and none has the hidden column's name", () => {
  for (const { name: table, fields } of TABLES) {
    for (const { name, description = "" } of fields) {
      assert.ok(description.length > 10, `${table}: ${name} has no description`);
      assert.notEqual(name, HIDDEN_COLUMN);
    }
  }
});
