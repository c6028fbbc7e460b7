import assert from "node:assert/strict";
import { test } from "node:test";
import { addColumns, parseSchema } from "./add_columns.ts";

const FIELDS = parseSchema(
  '[{"name": "image_id", "type": "STRING", "mode": "REQUIRED", "description": "Id"}]',
);
const BLUR = { type: "FLOAT64", description: "How blurred" } as const;

test("addColumns() refuses a column that is there with another type or mode", () => {
  const { fields } = addColumns(FIELDS, { blur_score: BLUR });
  assert.throws(() => addColumns(fields, { blur_score: { ...BLUR, type: "BOOL" } }), {
    code: "invalid_config",
    message: /blur_score.*must be FLOAT64 \(got BOOL\)/,
  });
  const list = { ...BLUR, mode: "REPEATED", maxItems: 2 } as const;
  assert.throws(() => addColumns(fields, { blur_score: list }), /got REPEATED FLOAT64/);
});

test("parseSchema() refuses what is no schema", () => {
  assert.throws(() => parseSchema("{}"), { code: "invalid_config" });
});
