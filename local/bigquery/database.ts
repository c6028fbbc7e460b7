import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { MACROS } from "./dialect/functions.ts";
import { quote, quoteText } from "./table_schema.ts";

interface UseOptions {
  readonly dataset?: string | undefined;
  /** Whose e-mail address SESSION_USER() returns. */
  readonly caller?: string | undefined;
}

/**
 * One DuckDB file, attached under the project's name so that `dataset.table` and `"project".dataset.table` both resolve.
 * Reads run side by side, each on a connection of its own; whatever writes goes through {@link Database.exclusive}.
 */
export class Database {
  readonly project: string;
  readonly #instance: DuckDBInstance;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(project: string, instance: DuckDBInstance) {
    this.project = project;
    this.#instance = instance;
  }

  /** Opens the file, makes it where it is missing; throws where another process holds it. SQL reaches no other file. */
  static async open(path: string, project: string): Promise<Database> {
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    await connection.run(`ATTACH ${quoteText(path)} AS ${quote(project)}`);
    await connection.run("SET GLOBAL TimeZone = 'UTC'");
    // NULL is BigQuery's least value.
    await connection.run("SET GLOBAL default_null_order = 'nulls_first_on_asc_last_on_desc'");
    for (const macro of MACROS) await connection.run(`CREATE MACRO memory.main.${macro}`);
    await connection.run("SET GLOBAL enable_external_access = false");
    await connection.run("SET GLOBAL lock_configuration = true");
    connection.closeSync();
    return new Database(project, instance);
  }

  /** Runs `work` with a connection of its own, in which tables of the dataset need no more than their name. */
  async use<T>(
    work: (connection: DuckDBConnection) => Promise<T>,
    { dataset, caller }: UseOptions = {},
  ): Promise<T> {
    const connection = await this.#instance.connect();
    try {
      const schema = dataset === undefined ? "" : `.${quote(dataset)}`;
      await connection.run(`USE ${quote(this.project)}${schema}`);
      if (caller !== undefined) {
        await connection.run(`SET VARIABLE session_user = ${quoteText(caller)}`);
      }
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  }

  /** Runs `work` when all earlier writes are done, and lets no other begin before its end. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#last.then(work);
    this.#last = run.catch(() => undefined);
    return run;
  }

  /** Waits for the writes under way and closes the file. */
  async close(): Promise<void> {
    await this.exclusive(() => Promise.resolve());
    this.#instance.closeSync();
  }
}
