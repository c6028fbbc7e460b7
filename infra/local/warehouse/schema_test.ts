import { IMAGE_ROW_COLUMNS } from "@tintype/core/model/image_row";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { SCHEMAS_URL } from "./prepare_dataset.ts";
import { type Field, HIDDEN_COLUMN, parseFields } from "./table_schema.ts";

function readSchema(file: string): Field[] {
  return parseFields(JSON.parse(readFileSync(new URL(file, SCHEMAS_URL), "utf8")));
}

test("the schema of images has exactly the columns of an image row, in its order", () => {
  assert.deepEqual(readSchema("images.json").map(({ name }) => name), [...IMAGE_ROW_COLUMNS]);
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
