/**
 * Writes DuckDB's translation of every BigQuery text: views, scheduled queries, questions and the processor's statements go
 * through sqlglot, `duckdb/translations.json` keeps both texts, and the local BigQuery finds one by the BigQuery text.
 * Run `node infra/bigquery/generate_translations.ts` after a change of SQL; it takes Python 3 and makes its own environment.
 */
import { execFileSync } from "node:child_process";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pythonEnvironment } from "@tintype/cli/python_environment";
import { STATEMENTS } from "@tintype/processor/adapters/bigquery_statements";

/** One SQL text in both dialects; `source` is the file below `infra/bigquery`, or the statement's name. */
export interface Translation {
  readonly source: string;
  /** Trimmed: what a query must be equal to. */
  readonly bigquery: string;
  readonly duckdb: string;
}

/** The sqlglot whose output is committed. */
const SQLGLOT = "sqlglot==30.30.0";

/** The committed translations. */
export const TRANSLATIONS_PATH = fileURLToPath(
  new URL("duckdb/translations.json", import.meta.url),
);

const FOLDERS = ["views", "shared", "scheduled", "questions"] as const;
const HERE = fileURLToPath(new URL(".", import.meta.url));

const TRANSPILE = `
import json, sys
from sqlglot import ErrorLevel, exp, parse_one

def exact_percentile(node):
    """APPROX_QUANTILES(x, n)[OFFSET(k)] as the exact percentile, which DuckDB can afford: an approximate one differs from BigQuery's."""
    quantiles = node.this if isinstance(node, exp.Bracket) else None
    if not isinstance(quantiles, exp.ApproxQuantiles):
        return node
    (place,) = node.expressions
    fraction = place.to_py() / quantiles.expression.to_py()
    return exp.Anonymous(this="QUANTILE_DISC", expressions=[quantiles.this, exp.Literal.number(fraction)])

def count_of_none(node):
    """COUNTIF as a COUNT, which is 0 where nothing is known, as BigQuery's: DuckDB's own COUNT_IF is null then."""
    if not isinstance(node, exp.CountIf):
        return node
    return exp.Count(this=exp.Case().when(node.this, exp.Literal.number(1)))

def caller_of_request(node):
    """SESSION_USER() as the caller of the request, which the local BigQuery sets on its connection."""
    if not isinstance(node, exp.SessionUser):
        return node
    return exp.cast(exp.Anonymous(this="GETVARIABLE", expressions=[exp.Literal.string("session_user")]), "text")

def translate(text):
    tree = parse_one(text, read="bigquery")
    for change in (exact_percentile, count_of_none, caller_of_request):
        tree = tree.transform(change)
    return tree.sql("duckdb", unsupported_level=ErrorLevel.RAISE)

json.dump([translate(text) for text in json.load(sys.stdin)], sys.stdout)
`;

/** The Python that has that sqlglot. */
export function findPython(): { readonly python: string; readonly missing: string | false } {
  const { bin, missing } = pythonEnvironment(SQLGLOT);
  return { python: join(bin, "python"), missing };
}

/** Makes the translations of all views and statements with the given Python; throws where sqlglot cannot read a text. */
export function makeTranslations(python: string): Translation[] {
  const sources = readSources();
  const input = JSON.stringify(sources.map(({ bigquery }) => bigquery));
  const output = execFileSync(python, ["-c", TRANSPILE], { input, encoding: "utf8" });
  const texts: unknown = JSON.parse(output);
  if (!Array.isArray(texts)) throw new TypeError("Cannot make translations: sqlglot gave no list");
  return sources.map((source, index) => ({ ...source, duckdb: String(texts[index]) }));
}

/** How the translations are written to {@link TRANSLATIONS_PATH}. */
export function formatTranslations(translations: readonly Translation[]): string {
  return JSON.stringify(translations, null, 2) + "\n";
}

/** The BigQuery texts that get a translation: views, scheduled queries, questions, then statements, each by name. */
export function readSources(): Omit<Translation, "duckdb">[] {
  const files = FOLDERS.flatMap((folder) => globSync(`${folder}/*.sql`, { cwd: HERE }).sort());
  const statements = Object.entries(STATEMENTS).sort(([a], [b]) => a < b ? -1 : 1);
  return [
    ...files.map((source) => [source, readFileSync(join(HERE, source), "utf8")] as const),
    ...statements.map(([name, text]) => [`statements/${name}`, text] as const),
  ].map(([source, text]) => ({ source, bigquery: text.trim() }));
}

if (import.meta.main) {
  const { python, missing } = findPython();
  if (missing) throw new Error(`Cannot make translations: ${missing}`);
  const translations = makeTranslations(python);
  writeFileSync(TRANSLATIONS_PATH, formatTranslations(translations));
  console.log(`Wrote ${translations.length} translations to ${TRANSLATIONS_PATH}`);
}
