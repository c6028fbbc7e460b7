import { readdirSync, readFileSync } from "node:fs";

/** The dataset's name in every SQL file; a deployment puts its own project and dataset in its place. */
export const DATASET = "tintype";

/** The dataset whose views have the same names and show the caller's own tenants. */
export const SHARED_DATASET = "tintype_shared";

/** A column as its schema file describes it. */
export interface ViewColumn {
  readonly name: string;
  readonly type: string;
  /** REPEATED where a row holds a list of them. */
  readonly mode?: string;
  readonly description: string;
  /** Of a RECORD. */
  readonly fields?: readonly ViewColumn[];
}

/** A table: its columns, and the one that it is partitioned by, which every query must filter; null where it has none. */
export interface Table {
  readonly name: string;
  readonly partition: string | null;
  readonly columns: readonly ViewColumn[];
}

const SCHEMAS = new URL("schemas/", import.meta.url);
const VIEWS = new URL("views/", import.meta.url);

const PARTITIONS: Readonly<Record<string, string>> = { images: "t0", purges: "swept_at" };

/** The tables of the schema files, by name. */
export function readTables(): Table[] {
  return namesIn(SCHEMAS, ".json").map((name) => ({
    name,
    partition: PARTITIONS[name] ?? null,
    columns: readColumns(SCHEMAS, name),
  }));
}

/** Names of the views. */
export function viewNames(): string[] {
  return namesIn(VIEWS, ".sql");
}

/** The described columns of a view, those of `images` for the one that shows all of them. */
export function readViewColumns(view: string): ViewColumn[] {
  return view === "images_current" ? readColumns(SCHEMAS, "images") : readColumns(VIEWS, view);
}

/** What a view means: the comment at its beginning. */
export function readViewMeaning(view: string): string {
  const lines = readFileSync(new URL(`${view}.sql`, VIEWS), "utf8").split("\n");
  const end = lines.findIndex((line) => !line.startsWith("-- "));
  return lines.slice(0, end).map((line) => line.slice("-- ".length)).join(" ");
}

function namesIn(folder: URL, ending: string): string[] {
  return readdirSync(folder).filter((file) => file.endsWith(ending)).sort().map((file) =>
    file.slice(0, -ending.length)
  );
}

function readColumns(folder: URL, name: string): ViewColumn[] {
  const columns: unknown = JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8"));
  return columns as ViewColumn[]; // a test holds each file to this shape
}
