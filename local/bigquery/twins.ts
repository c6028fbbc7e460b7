import { readFileSync } from "node:fs";
import * as z from "zod";

const twinsSchema = z.array(
  z.strictObject({ source: z.string(), bigquery: z.string(), duckdb: z.string() }),
);

const VIEW_SOURCE = /^views\/([a-z0-9_]+)\.sql$/;

/** DuckDB's texts of the BigQuery SQL that the project writes. */
export interface Twins {
  /** DuckDB's text for a BigQuery text, blank space around it aside; undefined where there is none. */
  find(bigquery: string): string | undefined;
  /** Every twin of the file. */
  readonly all: readonly { source: string; bigquery: string; duckdb: string }[];
  /** The views, by name. */
  readonly views: readonly { name: string; query: string; duckdb: string }[];
}

/**
 * Reads the generated twins from their file; throws where it is not of their shape. With `nowMs` that is their present
 * time for ever, so that sample data gives the same answers on every day.
 */
export function readTwins(
  path: URL | string,
  { nowMs }: { nowMs?: number | undefined } = {},
): Twins {
  const read = twinsSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  const twins = nowMs === undefined ? read : read.map((twin) => withFixedTime(twin, nowMs));
  const byText = new Map(twins.map(({ bigquery, duckdb }) => [bigquery.trim(), duckdb]));
  return {
    all: twins,
    find: (bigquery) => byText.get(bigquery.trim()),
    views: twins.flatMap(({ source, bigquery, duckdb }) => {
      const name = VIEW_SOURCE.exec(source)?.[1];
      return name === undefined ? [] : [{ name, query: bigquery, duckdb }];
    }),
  };
}

function withFixedTime<T extends { readonly duckdb: string }>(twin: T, nowMs: number): T {
  const now = `TIMESTAMPTZ '${new Date(nowMs).toISOString()}'`;
  return { ...twin, duckdb: twin.duckdb.replaceAll(/\bCURRENT_TIMESTAMP\b/g, now) };
}
