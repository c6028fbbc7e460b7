import { type DuckDBConnection, DuckDBTimestampTZValue, type DuckDBValue } from "@duckdb/node-api";
import type { TableInfo } from "./catalog.ts";
import { checkRow, type InsertOptions, type RowError, STOPPED } from "./check_row.ts";
import type { Database } from "./database.ts";
import { HIDDEN_COLUMN } from "./table_schema.ts";

/** How long an `insertId` is remembered: about a minute, as BigQuery says. */
const DEDUPE_MS = 60_000;

/** A row of an `insertAll` request. */
interface IncomingRow {
  readonly insertId?: string | undefined;
  readonly json: Readonly<Record<string, unknown>>;
}

/** The rows that were not inserted, by their place in the request. */
interface InsertError {
  readonly index: number;
  readonly errors: readonly RowError[];
}

interface ReadyRow {
  readonly insertId: string | undefined;
  readonly isBuffered: boolean;
  readonly values: ReadonlyMap<string, DuckDBValue>;
}

interface Pending {
  readonly table: TableInfo;
  readonly rows: readonly ReadyRow[];
  readonly done: PromiseWithResolvers<void>;
}

/** Takes rows in as `insertAll` does: all or nothing by default, doubles within a minute dropped, durable when the call returns. */
export class RowInserter {
  readonly #database: Database;
  readonly #now: () => number;
  /** When each `table insertId` is dropped, oldest first. */
  readonly #seen = new Map<string, number>();
  #waiting: Pending[] = [];

  constructor(database: Database, now: () => number = Date.now) {
    this.#database = database;
    this.#now = now;
  }

  /** Resolves when every good row is on disk; calls that come while another is written are written together. */
  async insert(
    table: TableInfo,
    rows: readonly IncomingRow[],
    options: InsertOptions,
  ): Promise<InsertError[]> {
    const { isBuffered = true } = options;
    const ready: ReadyRow[] = [];
    const errors: InsertError[] = [];
    rows.forEach(({ insertId, json }, index) => {
      const checked = checkRow(table.fields, json, options);
      if (checked.values === undefined) errors.push({ index, errors: checked.errors });
      else ready.push({ insertId, isBuffered, values: checked.values });
    });
    if (errors.length > 0 && !options.skipInvalidRows) return stopOthers(errors, rows.length);
    if (ready.length > 0) await this.#write({ table, rows: ready });
    return errors;
  }

  #write({ table, rows }: Omit<Pending, "done">): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.#waiting.push({ table, rows, done });
    if (this.#waiting.length === 1) void this.#database.exclusive(() => this.#drain());
    return done.promise;
  }

  /** Writes everything that waits, one transaction a table. */
  async #drain(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    const byTable = Map.groupBy(batch, ({ table }) => table);
    for (const [table, calls] of byTable) {
      try {
        const fresh = this.#withoutDoubles(table, calls.flatMap(({ rows }) => rows));
        await this.#database.use((connection) => append(connection, table, fresh, this.#now()));
        this.#remember(table, fresh);
        for (const { done } of calls) done.resolve();
      } catch (error) {
        for (const { done } of calls) done.reject(error);
      }
    }
  }

  #withoutDoubles(table: TableInfo, rows: readonly ReadyRow[]): ReadyRow[] {
    const now = this.#now();
    for (const [key, forgetAt] of this.#seen) {
      if (forgetAt > now) break;
      this.#seen.delete(key);
    }
    const here = new Set<string>();
    return rows.filter(({ insertId }) => {
      if (insertId === undefined) return true;
      const key = seenKey(table, insertId);
      if (here.has(key) || this.#seen.has(key)) return false;
      here.add(key);
      return true;
    });
  }

  #remember(table: TableInfo, rows: readonly ReadyRow[]): void {
    const forgetAt = this.#now() + DEDUPE_MS;
    for (const { insertId } of rows) {
      if (insertId !== undefined) this.#seen.set(seenKey(table, insertId), forgetAt);
    }
  }
}

/** Appends rows in one transaction; the write-ahead log is on disk when it returns. */
async function append(
  connection: DuckDBConnection,
  table: TableInfo,
  rows: readonly ReadyRow[],
  nowMs: number,
): Promise<void> {
  if (rows.length === 0) return;
  const ingestedAt = new DuckDBTimestampTZValue(BigInt(nowMs) * 1000n);
  const appender = await connection.createAppender(table.table, table.dataset);
  const types = table.columns.map((_, index) => appender.columnType(index));
  for (const { values, isBuffered } of rows) {
    table.columns.forEach((column, index) => {
      const hidden = isBuffered ? ingestedAt : null;
      const value = column === HIDDEN_COLUMN ? hidden : values.get(column) ?? null;
      if (value === null) appender.appendNull();
      else appender.appendValue(value, types[index]);
    });
    appender.endRow();
  }
  appender.closeSync();
}

function stopOthers(errors: readonly InsertError[], count: number): InsertError[] {
  const bad = new Map(errors.map((error) => [error.index, error]));
  return Array.from(
    { length: count },
    (_, index) => bad.get(index) ?? { index, errors: [STOPPED] },
  );
}

function seenKey({ dataset, table }: TableInfo, insertId: string): string {
  return `${dataset}.${table} ${insertId}`;
}
