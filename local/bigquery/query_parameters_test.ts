import assert from "node:assert/strict";
import { test } from "node:test";
import { rewriteParameterMarks } from "./query_parameters.ts";

const CASES = [
  ["a = @id AND b = @id_2", "a = $id AND b = $id_2"],
  ["a = '@id' AND b = @id", "a = '@id' AND b = $id"],
  ["a = 'it''s @id' OR b = @id", "a = 'it''s @id' OR b = $id"],
  ['"@id" = `@id`', '"@id" = `@id`'],
  ["1 -- @id\n+ @id", "1 -- @id\n+ $id"],
  ["1 /* @id\n */ + @id", "1 /* @id\n */ + $id"],
  ["@@row_count", "@@row_count"],
] as const;

for (const [sql, expected] of CASES) {
  test(`rewriteParameterMarks() turns ${JSON.stringify(sql)} into DuckDB's`, () => {
    assert.equal(rewriteParameterMarks(sql), expected);
  });
}
