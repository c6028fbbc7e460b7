import type { DuckDBConnection } from "@duckdb/node-api";
import * as z from "zod";
import type { Database } from "./database.ts";
import { GoogleError } from "./google_error.ts";
import { describeType } from "./result_rows.ts";
import {
  columnDdl,
  describeField,
  type Field,
  HIDDEN_COLUMN,
  parseFields,
  quote,
  quoteText,
} from "./table_schema.ts";

/** What a table or view was created with beside its columns; kept as the comment of DuckDB's table. */
type Resource = Readonly<Record<string, unknown>>;

/** A table or a view. */
export interface TableInfo {
  readonly dataset: string;
  readonly table: string;
  readonly kind: "TABLE" | "VIEW";
  /** In the order of the schema, the hidden column left out. */
  readonly fields: readonly Field[];
  /** In the order in which DuckDB keeps them, the hidden column included. */
  readonly columns: readonly string[];
  readonly resource: Resource;
}

/** A view: BigQuery's SQL, DuckDB's, and the described columns, whose types are those that DuckDB finds. */
interface ViewSource {
  readonly query: string;
  readonly duckdb: string;
  readonly fields?: unknown;
}

const NAME = /^[A-Za-z0-9_]{1,1024}$/;

const TABLES = `
  SELECT table_name AS name, 'TABLE' AS kind, comment FROM duckdb_tables()
  WHERE database_name = $project AND schema_name = $dataset
  UNION ALL
  SELECT view_name, 'VIEW', comment FROM duckdb_views()
  WHERE database_name = $project AND schema_name = $dataset AND NOT internal
  ORDER BY 1`;

const DATASETS = `
  SELECT schema_name FROM duckdb_schemas()
  WHERE database_name = $project AND NOT internal ORDER BY 1`;

/** Datasets, tables and views: what exists in the database, and how it is made. */
export class Catalog {
  readonly #database: Database;
  readonly #cache = new Map<string, TableInfo>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Drops what was looked up; to be called after any statement that changes tables. */
  invalidate(): void {
    this.#cache.clear();
  }

  /** Names of the datasets. */
  async listDatasets(): Promise<string[]> {
    const rows = await this.#query(DATASETS);
    return rows.map((row) => String(row["schema_name"]));
  }

  /** Throws GoogleError `notFound` where the dataset is not there. */
  async requireDataset(dataset: string): Promise<void> {
    if ((await this.listDatasets()).includes(dataset)) return;
    throw new GoogleError("notFound", `Not found: Dataset ${this.#nameOf(dataset)}`);
  }

  /** Creates a dataset; throws GoogleError `duplicate` where it is there. */
  async createDataset(dataset: string): Promise<void> {
    requireName("dataset", dataset);
    if ((await this.listDatasets()).includes(dataset)) {
      throw new GoogleError("duplicate", `Already Exists: Dataset ${this.#nameOf(dataset)}`);
    }
    await this.#ddl([`CREATE SCHEMA ${quote(dataset)}`]);
  }

  /** Tables and views of a dataset, by name. */
  async listTables(dataset: string) {
    await this.requireDataset(dataset);
    const rows = await this.#query(TABLES, { dataset });
    return rows.map((row) => ({ table: String(row["name"]), kind: String(row["kind"]) }));
  }

  /** A table or view; throws GoogleError `notFound` where it is not there. */
  async getTable(dataset: string, table: string): Promise<TableInfo> {
    const found = await this.findTable(dataset, table);
    if (found !== null) return found;
    await this.requireDataset(dataset);
    throw new GoogleError("notFound", `Not found: Table ${this.#nameOf(dataset, table)}`);
  }

  /** A table or view, or null. */
  async findTable(dataset: string, table: string): Promise<TableInfo | null> {
    const key = `${dataset}.${table}`;
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached;
    const info = await this.#lookUp(dataset, table);
    if (info !== null) this.#cache.set(key, info);
    return info;
  }

  /** Creates a table with its fields; throws GoogleError `duplicate` where it is there. */
  async createTable(dataset: string, table: string, resource: Resource): Promise<TableInfo> {
    const fields = parseFields(schemaOf(resource));
    await this.#requireFree(dataset, table);
    const columns = [
      ...fields.map((field) => columnDdl(field) + (field.mode === "REQUIRED" ? " NOT NULL" : "")),
      `${HIDDEN_COLUMN} TIMESTAMPTZ`,
    ];
    await this.#ddl([
      `CREATE TABLE ${path(dataset, table)} (${columns.join(", ")})`,
      comment("TABLE", path(dataset, table), resource),
    ]);
    return await this.getTable(dataset, table);
  }

  /** Gives a table the columns of `resource.schema` that it has not; throws GoogleError `invalid` where one would go. */
  async updateTable(dataset: string, table: string, resource: Resource): Promise<TableInfo> {
    const existing = await this.getTable(dataset, table);
    const merged = { ...existing.resource, ...resource };
    const fields = parseFields(schemaOf(merged));
    const gone = existing.fields.find(({ name }) => !fields.some((field) => field.name === name));
    if (gone !== undefined) {
      const message = `Provided Schema does not match Table ${dataset}.${table}.`;
      throw new GoogleError("invalid", `${message} Field ${gone.name} is missing in new schema`);
    }
    const added = fields.filter(({ name }) => !existing.columns.includes(name));
    await this.#ddl([
      ...added.map((field) => `ALTER TABLE ${path(dataset, table)} ADD COLUMN ${columnDdl(field)}`),
      comment("TABLE", path(dataset, table), merged),
    ]);
    return await this.getTable(dataset, table);
  }

  /** Creates a view, or replaces it, from DuckDB's SQL; throws GoogleError `invalidQuery` where that does not run. */
  async putView(
    dataset: string,
    table: string,
    view: ViewSource,
  ): Promise<TableInfo> {
    requireName("table", table);
    const resource = {
      view: { query: view.query, useLegacySql: false },
      ...view.fields !== undefined && { schema: { fields: view.fields } },
    };
    await this.#ddl([
      `CREATE OR REPLACE VIEW ${path(dataset, table)} AS ${view.duckdb}`,
      comment("VIEW", path(dataset, table), resource),
    ]);
    return await this.getTable(dataset, table);
  }

  /** Removes a table or view. */
  async dropTable(dataset: string, table: string): Promise<void> {
    const { kind } = await this.getTable(dataset, table);
    await this.#ddl([`DROP ${kind} ${path(dataset, table)}`]);
  }

  async #requireFree(dataset: string, table: string): Promise<void> {
    requireName("table", table);
    await this.requireDataset(dataset);
    if (await this.findTable(dataset, table) === null) return;
    throw new GoogleError("duplicate", `Already Exists: Table ${this.#nameOf(dataset, table)}`);
  }

  async #lookUp(dataset: string, table: string): Promise<TableInfo | null> {
    const tables = await this.#query(TABLES, { dataset });
    const row = tables.find(({ name }) => name === table);
    if (row === undefined) return null;
    const resource = parseResource(row["comment"]);
    const kind = row["kind"] === "VIEW" ? "VIEW" : "TABLE";
    const schema = schemaOf(resource);
    const described = schema === undefined ? [] : parseFields(schema);
    const rows = await this.#database.use((connection) =>
      connection.runAndRead(`SELECT * FROM ${path(dataset, table)} LIMIT 0`)
    );
    const columns = rows.columnNames();
    const fields = columns.map((name, index) => ({
      ...describeType(name, rows.columnType(index)),
      description: described.find((field) => field.name === name)?.description,
    })).filter(({ name }) => name !== HIDDEN_COLUMN) as Field[]; // of a view some have other types, which are only shown
    const isDeclared = kind === "TABLE" && schema !== undefined;
    return { dataset, table, kind, fields: isDeclared ? described : fields, columns, resource };
  }

  #nameOf(...names: readonly string[]): string {
    return `${this.#database.project}:${names.join(".")}`;
  }

  #query(sql: string, values: Record<string, string> = {}) {
    return this.#database.use(async (connection) => {
      const result = await connection.run(sql, { project: this.#database.project, ...values });
      return await result.getRowObjects();
    });
  }

  async #ddl(statements: readonly string[]): Promise<void> {
    await this.#database.exclusive(() =>
      this.#database.use((connection) => inTransaction(connection, statements))
    );
    this.invalidate();
  }
}

/** A table or view as `tables.get` shows it. */
export function describeTable(project: string, info: TableInfo): Record<string, unknown> {
  const { dataset, table, kind, fields, resource } = info;
  return {
    ...resource,
    kind: "bigquery#table",
    id: `${project}:${dataset}.${table}`,
    tableReference: { projectId: project, datasetId: dataset, tableId: table },
    type: kind,
    location: "US",
    schema: { fields: fields.map(describeField) },
  };
}

async function inTransaction(connection: DuckDBConnection, statements: readonly string[]) {
  await connection.run("BEGIN");
  try {
    for (const statement of statements) await connection.run(statement);
    await connection.run("COMMIT");
  } catch (error) {
    await connection.run("ROLLBACK");
    const message = error instanceof Error ? error.message : String(error);
    throw new GoogleError("invalidQuery", `DuckDB refuses this: ${message}`, error);
  }
}

function comment(kind: "TABLE" | "VIEW", target: string, resource: Resource): string {
  return `COMMENT ON ${kind} ${target} IS ${quoteText(JSON.stringify(resource))}`;
}

function parseResource(text: unknown): Resource {
  if (typeof text !== "string") return {};
  return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
}

function schemaOf(resource: Resource): unknown {
  const read = z.object({ fields: z.unknown() }).safeParse(resource["schema"]);
  return read.success ? read.data.fields : undefined;
}

function requireName(what: string, name: string): void {
  if (NAME.test(name)) return;
  throw new GoogleError("invalid", `Invalid ${what} ID "${name}".`);
}

function path(dataset: string, table: string): string {
  return `${quote(dataset)}.${quote(table)}`;
}
