import assert from "node:assert/strict";
import { test } from "node:test";
import EXPRESSIONS from "../duckdb/expressions.json" with { type: "json" };
import { missingForZetasql } from "./install_zetasql.ts";
import { runZetasql } from "./run_zetasql.ts";

const skip = missingForZetasql() ?? false;

test(
  "BigQuery's reference implementation computes what the table of expressions says",
  { skip },
  () => {
    const computed = EXPRESSIONS.filter(({ refused }) => refused === undefined);
    const texts = runZetasql(
      "EvaluateSql.java",
      computed.map(({ sql }) => sql),
    ) as (string | null)[]; // our own program's output
    const found = computed.map(({ sql }, at) => {
      const text = texts[at];
      return typeof text === "string" ? { sql, value: JSON.parse(text) } : { sql, fails: true };
    });
    assert.deepEqual(found, computed);
  },
);
