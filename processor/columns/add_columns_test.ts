import assert from "node:assert/strict";
import { test } from "node:test";
import { addColumns, parseSchema } from "./add_columns.ts";

const FIELDS = parseSchema(
  '[{"name": "image_id", "type": "STRING", "mode": "REQUIRED", "description": "Id"}]',
);
const BLUR = { type: "FLOAT64", description: "How blurred" } as const;

test("addColumns() puts new columns at the end, nullable, and once only", () => {
  const once = addColumns(FIELDS, { blur_score: BLUR });
  assert.deepEqual(once.added, ["blur_score"]);
  assert.deepEqual(once.fields, [
    ...FIELDS,
    { name: "blur_score", type: "FLOAT64", mode: "NULLABLE", description: "How blurred" },
  ]);
  const twice = addColumns(once.fields, { blur_score: BLUR });
  assert.deepEqual([twice.added, twice.fields], [[], once.fields]);
});

test("addColumns() refuses a column that is there with another type", () => {
  const { fields } = addColumns(FIELDS, { blur_score: BLUR });
  assert.throws(() => addColumns(fields, { blur_score: { ...BLUR, type: "BOOL" } }), {
    code: "invalid_config",
    message: /blur_score.*must be FLOAT64: current value is BOOL/,
  });
});

test("parseSchema() refuses what is no schema", () => {
  assert.throws(() => parseSchema("{}"), { code: "invalid_config" });
});
