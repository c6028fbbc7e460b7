import {
  type DuckDBConnection,
  type DuckDBPreparedStatement,
  DuckDBTimestampTZValue,
  type DuckDBValue,
  StatementType,
} from "@duckdb/node-api";
import type { Catalog } from "./catalog.ts";
import type { Database } from "./database.ts";
import { toDuckdb } from "./dialect/translate.ts";
import type { Dml } from "./dml.ts";
import { GoogleError } from "./google_error.ts";
import { bindParameters, type QueryParameters } from "./query_parameters.ts";
import { type QueryResult, readResult } from "./result_rows.ts";
import type { SqlTranslations } from "./sql_translations.ts";
import { HIDDEN_COLUMN } from "./table_schema.ts";

/** What a query did: its rows, or for DML how many rows it changed. */
export interface QueryOutcome extends QueryResult {
  /** BigQuery's name of the kind of statement. */
  readonly statementType: string;
  readonly dmlStats: DmlStats | undefined;
}

/** Rows that a DML statement changed. */
interface DmlStats {
  readonly insertedRowCount: number;
  readonly updatedRowCount: number;
  readonly deletedRowCount: number;
}

/** How a query runs. */
interface QueryOptions {
  readonly parameters?: QueryParameters;
  /** Checks the statement and runs nothing. */
  readonly dryRun?: boolean;
  /** The dataset of tables that are named alone. */
  readonly dataset?: string | undefined;
}

/** The parts that a query runs on. */
export interface QueryParts {
  readonly database: Database;
  readonly catalog: Catalog;
  readonly translations: SqlTranslations;
  readonly dml: Dml;
  /** Whose e-mail address SESSION_USER() returns; null where nobody is named. */
  readonly caller?: string | undefined;
}

const NO_ROWS = { fields: [], rows: [] } as const;
const NO_CHANGE: DmlStats = { insertedRowCount: 0, updatedRowCount: 0, deletedRowCount: 0 };

interface Statement {
  readonly name: string;
  readonly runs: "read" | "dml" | "ddl";
}

/** Statements that run, by BigQuery's names; all but reads wait for their turn to write. */
const STATEMENTS: Readonly<Partial<Record<StatementType, Statement>>> = {
  [StatementType.SELECT]: { name: "SELECT", runs: "read" },
  [StatementType.EXPLAIN]: { name: "EXPLAIN", runs: "read" },
  [StatementType.INSERT]: { name: "INSERT", runs: "dml" },
  [StatementType.UPDATE]: { name: "UPDATE", runs: "dml" },
  [StatementType.DELETE]: { name: "DELETE", runs: "dml" },
  [StatementType.MERGE_INTO]: { name: "MERGE", runs: "dml" },
  [StatementType.CREATE]: { name: "CREATE_TABLE", runs: "ddl" },
  [StatementType.ALTER]: { name: "ALTER_TABLE", runs: "ddl" },
  [StatementType.DROP]: { name: "DROP_TABLE", runs: "ddl" },
};

/**
 * Runs one statement: the committed translation of its exact text, or where there is none what `dialect/` makes of it.
 * Throws GoogleError `invalidQuery` for what the local BigQuery does not run, and `notFound` for a missing table.
 */
export async function runQuery(
  parts: QueryParts,
  sql: string,
  options: QueryOptions = {},
): Promise<QueryOutcome> {
  const text = withoutSemicolon(parts.translations.find(sql) ?? toDuckdb(sql));
  if (text === "") throw new GoogleError("invalidQuery", "Cannot run a query that is empty");
  return await parts.database.use(async (connection) => {
    const prepared = await prepare(parts, connection, text);
    const statement = STATEMENTS[prepared.statementType];
    if (statement === undefined) {
      const name = StatementType[prepared.statementType];
      throw new GoogleError(
        "invalidQuery",
        `The local BigQuery does not run ${name} statements`,
      );
    }
    const { name: statementType, runs } = statement;
    if (options.dryRun) return { ...NO_ROWS, statementType, dmlStats: undefined };
    const outcome = { statementType, dmlStats: undefined };
    const run = { parts, connection, text, parameters: options.parameters ?? [] };
    if (runs === "read") return { ...outcome, ...await readRows(run, prepared) };
    if (runs === "ddl") {
      await parts.database.exclusive(() => readRows(run, prepared));
      parts.catalog.invalidate();
      return { ...outcome, ...NO_ROWS };
    }
    prepared.destroySync();
    const work = () => parts.database.exclusive(() => change(run, statementType));
    // BigQuery runs any number of INSERT statements at a time.
    const dmlStats = await (statementType === "INSERT" ? work() : parts.dml.enqueue(text, work));
    return { ...NO_ROWS, statementType, dmlStats };
  }, { dataset: options.dataset, caller: parts.caller });
}

interface Run {
  readonly parts: QueryParts;
  readonly connection: DuckDBConnection;
  readonly text: string;
  readonly parameters: QueryParameters;
}

async function readRows({ parameters, parts }: Run, prepared: DuckDBPreparedStatement) {
  bindParameters(prepared, parameters);
  try {
    return await readResult(await prepared.run());
  } catch (error) {
    throw refusal(parts, error);
  }
}

/** Runs DML in a transaction, which is rolled back where it touched a row that is too young. */
async function change(run: Run, statementType: string): Promise<DmlStats> {
  await run.connection.run("BEGIN");
  try {
    const stats = statementType === "INSERT"
      ? await insert(run)
      : await changeReturning(run, statementType);
    await run.connection.run("COMMIT");
    return stats;
  } catch (error) {
    await run.connection.run("ROLLBACK");
    throw refusal(run.parts, error);
  }
}

async function insert({ parts, connection, text, parameters }: Run): Promise<DmlStats> {
  const prepared = await prepare(parts, connection, text);
  bindParameters(prepared, parameters);
  const { rowsChanged } = await prepared.run();
  return { ...NO_CHANGE, insertedRowCount: rowsChanged };
}

async function changeReturning(run: Run, statementType: string): Promise<DmlStats> {
  const { parts, connection, text, parameters } = run;
  const isMerge = statementType === "MERGE";
  const returned = isMerge ? `merge_action, ${HIDDEN_COLUMN}` : HIDDEN_COLUMN;
  const prepared = await prepare(parts, connection, `${text}\nRETURNING ${returned}`);
  bindParameters(prepared, parameters);
  const rows = await (await prepared.run()).getRows();
  if (rows.some((row) => parts.dml.isYoung(microsOf(row.at(-1))))) throw parts.dml.refusal(text);
  const actions = rows.map(([action]) => isMerge ? action : statementType);
  const count = (wanted: string) => actions.filter((action) => action === wanted).length;
  return {
    insertedRowCount: count("INSERT"),
    updatedRowCount: count("UPDATE"),
    deletedRowCount: count("DELETE"),
  };
}

async function prepare(
  parts: QueryParts,
  connection: DuckDBConnection,
  text: string,
): Promise<DuckDBPreparedStatement> {
  try {
    const statements = await connection.extractStatements(text);
    if (statements.count === 1) return await statements.prepare(0);
  } catch (error) {
    throw refusal(parts, error);
  }
  throw new GoogleError("invalidQuery", "The local BigQuery runs one statement at a time");
}

function refusal({ database }: QueryParts, error: unknown): GoogleError {
  if (error instanceof GoogleError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const missing = /Table with name (\S+) does not exist/.exec(message)?.[1];
  if (missing !== undefined) {
    const text = `Not found: Table ${database.project}:${missing} was not found`;
    return new GoogleError("notFound", text, error);
  }
  return new GoogleError("invalidQuery", `DuckDB cannot run this query: ${message}`, error);
}

function microsOf(value: DuckDBValue | undefined): bigint | null {
  return value instanceof DuckDBTimestampTZValue ? value.micros : null;
}

function withoutSemicolon(sql: string): string {
  return sql.trim().replace(/(\s*;)+$/, "");
}
