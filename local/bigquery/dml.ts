import * as z from "zod";
import type { Control } from "../http/controls.ts";
import { GoogleError } from "./google_error.ts";

/** BigQuery runs so many mutating statements (UPDATE, DELETE, MERGE) of a table at once … */
const RUNNING = 2;
/** … and lets so many wait (https://cloud.google.com/bigquery/quotas#data-manipulation-language-statements). */
const QUEUED = 20;
/** Statements that {@link Dml.statements} remembers. */
const REMEMBERED = 1_000;
const MAX_SHOWN = 400;

/** A mutating statement that was run or refused. */
interface DmlStatement {
  /** `dataset.table`. */
  readonly table: string;
  /** The statement as it was sent, its white space folded. */
  readonly sql: string;
  readonly at: string;
  readonly outcome: "done" | "failed" | "refused";
}

const youngSchema = z.strictObject({ ms: z.number().min(0).max(86_400_000) });

/** The limits of mutating DML: a queue for each table, and rows that are too young to be changed. */
export class Dml {
  readonly #project: string;
  readonly #outstanding = new Map<string, number>();
  #statements: DmlStatement[] = [];
  /** Rows that Pub/Sub wrote and that are younger refuse changes; 0: none. */
  youngMs = 0;

  constructor(project: string) {
    this.#project = project;
  }

  /** The newest statements, oldest first. */
  get statements(): readonly DmlStatement[] {
    return this.#statements;
  }

  /** Runs a statement in its table's queue; throws GoogleError `resourcesExceeded` where that is full. */
  async enqueue<T>(sql: string, run: () => Promise<T>): Promise<T> {
    const table = targetOf(sql);
    const statement = { table, sql: sql.replaceAll(/\s+/g, " ").slice(0, MAX_SHOWN) };
    const outstanding = this.#outstanding.get(table) ?? 0;
    if (outstanding >= RUNNING + QUEUED) {
      this.#remember({ ...statement, outcome: "refused" });
      const name = `${this.#project}:${table}`;
      throw new GoogleError(
        "resourcesExceeded",
        `Resources exceeded during query execution: Too many DML statements outstanding against table ${name}, limit is ${QUEUED}.`,
      );
    }
    this.#outstanding.set(table, outstanding + 1);
    let outcome: DmlStatement["outcome"] = "failed";
    try {
      const result = await run();
      outcome = "done";
      return result;
    } finally {
      this.#remember({ ...statement, outcome });
      this.#outstanding.set(table, (this.#outstanding.get(table) ?? 1) - 1);
    }
  }

  /** Whether a row is too young that was written at `micros` since the epoch; null is a row that DML wrote. */
  isYoung(micros: bigint | null): boolean {
    return micros !== null && Number(micros) / 1_000 > Date.now() - this.youngMs;
  }

  /** BigQuery's error for a statement that would change such a row. */
  refusal(sql: string): GoogleError {
    const table = `${this.#project}.${targetOf(sql)}`;
    return new GoogleError(
      "invalidQuery",
      `UPDATE or DELETE statement over table ${table} would affect rows in the streaming buffer, which is not supported`,
    );
  }

  #remember(statement: Omit<DmlStatement, "at">): void {
    const at = new Date().toISOString();
    this.#statements = [...this.#statements, { ...statement, at }].slice(-REMEMBERED);
  }
}

/** The table that a mutating statement changes, as `dataset.table`. */
function targetOf(sql: string): string {
  const found = /\b(?:DELETE(?:\s+FROM)?|UPDATE|MERGE(?:\s+INTO)?)\s+([\w.`"-]+)/i.exec(sql);
  return (found?.[1] ?? "").replaceAll(/[`"]/g, "").split(".").slice(-2).join(".");
}

/** The controls of mutating DML. */
export function dmlControls(dml: Dml): readonly Control[] {
  const show = () => ({ body: { youngMs: dml.youngMs, statements: dml.statements } });
  return [
    {
      method: "GET",
      path: "/_local/dml",
      does:
        "shows the newest UPDATE, DELETE and MERGE statements, and from what age rows can change",
      run: show,
    },
    {
      method: "POST",
      path: "/_local/dml/young",
      body: "{ms}",
      does:
        "refuses DML that would change a row that was written less than so long ago; 0 at start",
      run(body) {
        dml.youngMs = youngSchema.parse(body).ms;
        return show();
      },
    },
  ];
}
