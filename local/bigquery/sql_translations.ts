import file from "../../infra/bigquery/duckdb/translations.json" with { type: "json" };
import { DATASET, SHARED_DATASET } from "../../infra/bigquery/read_schemas.ts";

const VIEW_SOURCE = /^views\/([a-z0-9_]+)\.sql$/;

/** One SQL text in both dialects; `source` is its file below `infra/bigquery`, or the statement's name. */
type Translation = (typeof file)[number];

/** A view with its name, in both dialects. */
export interface TranslatedView {
  readonly name: string;
  readonly query: string;
  readonly duckdb: string;
}

/** DuckDB's translations of the BigQuery SQL that the project writes. */
export interface SqlTranslations {
  /** DuckDB's text for a BigQuery text, blank space around it aside; undefined where there is none. */
  find(bigquery: string): string | undefined;
  readonly all: readonly Translation[];
  readonly views: readonly TranslatedView[];
  /** The same views over what `shared/` makes of the tables. */
  readonly sharedViews: readonly TranslatedView[];
}

/**
 * The generated translations. With `nowMs` the present time of all texts is fixed, so that sample data gives the same
 * results on every day.
 */
export function readTranslations(nowMs?: number): SqlTranslations {
  const all = nowMs === undefined ? file : file.map((each) => withFixedTime(each, nowMs));
  const byText = new Map(all.map(({ bigquery, duckdb }) => [bigquery.trim(), duckdb]));
  const views = all.flatMap(({ source, bigquery, duckdb }) => {
    const name = VIEW_SOURCE.exec(source)?.[1];
    return name === undefined ? [] : [{ name, query: bigquery, duckdb }];
  });
  return {
    all,
    find: (bigquery) => byText.get(bigquery.trim()),
    views,
    sharedViews: views.map(({ name, query, duckdb }) => ({
      name,
      query: shared(query, "bigquery"),
      duckdb: shared(duckdb, "duckdb"),
    })),
  };

  /** A view's text as Terraform makes the shared one's: other views are shared ones, tables what `shared/` makes of them. */
  function shared(sql: string, dialect: "bigquery" | "duckdb"): string {
    return sql.replaceAll(new RegExp(`\\b${DATASET}\\.([a-z_]+)`, "g"), (_, name: string) => {
      const base = all.find(({ source }) => source === `shared/${name}.sql`);
      return base === undefined ? `${SHARED_DATASET}.${name}` : `(\n${base[dialect]}\n)`;
    });
  }
}

function withFixedTime(translation: Translation, nowMs: number): Translation {
  const now = `TIMESTAMPTZ '${new Date(nowMs).toISOString()}'`;
  const duckdb = translation.duckdb.replaceAll(/\bCURRENT_TIMESTAMP\b/g, now);
  return { ...translation, duckdb };
}
