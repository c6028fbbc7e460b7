import assert from "node:assert/strict";
import { test } from "node:test";
import { figuresSql, syntheticSql } from "../../deploy/rollout_sql.ts";
import { readSources } from "../generate_translations.ts";
import { readViewColumns } from "../read_schemas.ts";
import { analyzeSql, type Finding } from "./analyze_sql.ts";
import { missingForZetasql } from "./install_zetasql.ts";

const skip = missingForZetasql() ?? false;

const REVISIONS = { newest: "p-2", stable: "p-1" };
const WRONG = [
  {
    source: "wrong/name",
    sql: "SELECT statu FROM tintype.images WHERE t0 > CURRENT_TIMESTAMP()",
    says: /Unrecognized name: statu; Did you mean status\?/,
  },
  {
    source: "wrong/type",
    sql: "SELECT t0 FROM tintype.images WHERE t0 > 7",
    says: /No matching signature for operator >/,
  },
  {
    source: "wrong/dialect",
    sql: "SELECT t0::DATE FROM tintype.images",
    says: /Syntax error/,
  },
] as const;

const UNFILTERED = [
  "SELECT tenant FROM tintype.images WHERE bytes > 7",
  "DELETE FROM tintype.images WHERE TRUE",
  "SELECT COUNT(*) FROM (SELECT t0 FROM tintype.images LIMIT 5) WHERE t0 > CURRENT_TIMESTAMP()",
] as const;

test(
  "BigQuery's own analyzer takes every view, query, question and statement",
  { skip },
  async (t) => {
    const own = [
      ...readSources().map(({ source, bigquery }) => ({ source, sql: bigquery })),
      { source: "rollout/synthetic", sql: syntheticSql("p-2", 24) },
      { source: "rollout/share", sql: figuresSql(REVISIONS, "2026-01-01T00:00:00Z", []) },
    ];
    const unfiltered = UNFILTERED.map((sql) => ({ source: sql, sql }));
    const findings = new Map(
      analyzeSql([...own, ...WRONG, ...unfiltered]).map((finding) => [finding.source, finding]),
    );
    const find = (source: string): Finding => {
      const finding = findings.get(source);
      assert.ok(finding !== undefined, `${source} was not analysed`);
      return finding;
    };

    for (const { source } of own) {
      await t.test(`${source} resolves against the schema files and filters its partitions`, () => {
        const { error, unfiltered } = find(source);
        assert.equal(error, undefined);
        assert.deepEqual(unfiltered, []);
      });
    }
    for (const { source } of own.filter(({ source }) => source.startsWith("views/"))) {
      await t.test(`${source} gives the columns that its file describes`, () => {
        const view = source.slice("views/".length, -".sql".length);
        const described = readViewColumns(view).map(({ name, type }) => ({ name, type }));
        assert.deepEqual(find(source).columns, described);
      });
    }
    for (const { source, says } of WRONG) {
      await t.test(`${source} is refused with the place of the fault`, () => {
        assert.match(find(source).error ?? "", says);
      });
    }
    for (const sql of UNFILTERED) {
      await t.test(`${sql} is found to read every partition`, () => {
        assert.deepEqual(find(sql).unfiltered, ["images"]);
      });
    }
  },
);
