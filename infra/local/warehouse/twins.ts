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

/** Reads the generated twins from their file; throws where it is not of their shape. */
export function readTwins(path: URL | string): Twins {
  const twins = twinsSchema.parse(JSON.parse(readFileSync(path, "utf8")));
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
