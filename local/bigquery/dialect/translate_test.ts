import assert from "node:assert/strict";
import { test } from "node:test";
import { DuckDBDateValue, DuckDBTimestampTZValue, type DuckDBValue } from "@duckdb/node-api";
import { openParts } from "../_testing.ts";
import { GoogleError } from "../google_error.ts";
import { runQuery } from "../run_query.ts";
import EXPRESSIONS from "../../../infra/bigquery/duckdb/expressions.json" with { type: "json" };
import { toDuckdb } from "./translate.ts";

/** What `TO_JSON_STRING` makes of a value, parsed. */
function jsonOf(value: DuckDBValue | undefined): unknown {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof DuckDBDateValue) return value.toString();
  if (!(value instanceof DuckDBTimestampTZValue)) return value;
  return new Date(Number(value.micros) / 1000).toISOString().replace(".000Z", "Z");
}

test("everyday expressions have BigQuery's value, or are refused by their name", async (t) => {
  const parts = await openParts(t);
  for (const { sql, value, refused, fails } of EXPRESSIONS) {
    const running = runQuery(parts, `SELECT ${sql} AS v`);
    if (refused !== undefined || fails) {
      await assert.rejects(running, (error) => {
        assert.ok(error instanceof GoogleError && error.message.includes(refused ?? ""), sql);
        return error.reason === "invalidQuery";
      });
    } else assert.deepEqual((await running).rows.map(([v]) => jsonOf(v)), [value], sql);
  }
});

const TEXTS = [
  ["SELECT `a b`, `p.d.t`.c FROM `p-1.d.t`", 'SELECT "a b", "p"."d"."t".c FROM "p-1"."d"."t"'],
  ["a = @id AND b IN UNNEST(@ids) -- @c", "a = $id AND b IN (SELECT UNNEST($ids)) -- @c"],
  ["SELECT \"it's\" # @c\n, '\\n'", "SELECT 'it''s' -- @c\n, '\n'"],
  ["SELECT * EXCEPT (a) FROM t", "SELECT * EXCLUDE (a) FROM t"],
  ["FROM t, UNNEST(renditions) AS r", "FROM t, UNNEST(renditions) AS r(r)"],
  ["INSERT INTO d.t (a) VALUES (1)", "INSERT INTO d.t (a) VALUES (1)"],
  ["CREATE TABLE d.t (a STRING, b TIMESTAMP)", "CREATE TABLE d.t (a VARCHAR, b TIMESTAMPTZ)"],
] as const;

for (const [bigquery, duckdb] of TEXTS) {
  test(`toDuckdb() writes ${JSON.stringify(bigquery)} as DuckDB's`, () => {
    assert.equal(toDuckdb(bigquery), duckdb);
  });
}

for (
  const [sql, message] of [
    ["SELECT SAFE.LOG(0)", /SAFE\.LOG\(\)/],
    ["SELECT a::INT64", /Unexpected ":"/],
    ["SELECT 1; SELECT 2", /several statements/],
    ["SELECT @@time_zone", /system variable @@time_zone/],
    ["SELECT '''a'''", /triple-quoted/],
    ["SELECT (1", /end of script/],
    ["SELECT a FROM t WHERE a ILIKE 'x'", /ILIKE/],
    ["SELECT o FROM UNNEST([1]) AS x WITH OFFSET AS o", /WITH OFFSET/],
    ["SELECT CAST(1 AS BIGNUMERIC)", /BIGNUMERIC/],
  ] as const
) {
  test(`toDuckdb() refuses ${sql} by its name`, () => {
    assert.throws(
      () => toDuckdb(sql),
      (error) => error instanceof GoogleError && message.test(error.message),
    );
  });
}

test("NULL is the least value of an order, as BigQuery's", async (t) => {
  const parts = await openParts(t);
  const sql = "SELECT x FROM UNNEST([2, NULL, 1]) AS x ORDER BY x";
  const valuesOf = async (text: string) =>
    (await runQuery(parts, text)).rows.map(([x]) => jsonOf(x));
  assert.deepEqual(await valuesOf(sql), [null, 1, 2]);
  assert.deepEqual(await valuesOf(`${sql} DESC`), [2, 1, null]);
});
