import { IMAGE_ROW_COLUMNS } from "@tintype/core/model/image_row";
import { columnNameFault } from "@tintype/core/model/own_column";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { SCHEMAS_URL } from "./prepare_dataset.ts";
import { type Field, HIDDEN_COLUMN, parseFields } from "./table_schema.ts";

function readSchema(file: string): Field[] {
  return parseFields(JSON.parse(readFileSync(new URL(file, SCHEMAS_URL), "utf8")));
}

test("the schema of images begins with the columns of an image row, in its order", () => {
  const names = readSchema("images.json").map(({ name }) => name);
  // A company's own columns follow (`deno task columns`).
  assert.deepEqual(names.slice(0, IMAGE_ROW_COLUMNS.length), [...IMAGE_ROW_COLUMNS]);
  assert.deepEqual(names.map(columnNameFault).slice(IMAGE_ROW_COLUMNS.length).filter(Boolean), []);
});

test("the partition of each table is a required timestamp", () => {
  for (const [file, column] of [["images.json", "t0"], ["purges.json", "swept_at"]] as const) {
    const field = readSchema(file).find(({ name }) => name === column);
    assert.deepEqual([field?.type, field?.mode], ["TIMESTAMP", "REQUIRED"]);
  }
});

test("every column of every schema is described and none has the hidden column's name", () => {
  for (const file of readdirSync(SCHEMAS_URL)) {
    for (const { name, description = "" } of readSchema(file)) {
      assert.ok(description.length > 10, `${file}: ${name} has no description`);
      assert.notEqual(name, HIDDEN_COLUMN);
    }
  }
});
