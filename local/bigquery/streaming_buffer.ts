import { GoogleError } from "./google_error.ts";

/** Imitates BigQuery's streaming buffer: rows that `insertAll` brought refuse DML until they are old enough. */
export class StreamingBuffer {
  readonly #now: () => number;
  /** Age in seconds below which a row is in the buffer; 0 is no buffer. */
  seconds = 0;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Whether a row is in the buffer that was ingested at `micros` since the epoch; null is a row that DML wrote. */
  holds(micros: bigint | null): boolean {
    if (micros === null || this.seconds === 0) return false;
    return Number(micros) / 1000 > this.#now() - this.seconds * 1000;
  }

  /** BigQuery's error for a statement that would touch a row of the buffer. */
  refusal(project: string, sql: string): GoogleError {
    return new GoogleError(
      "invalidQuery",
      `UPDATE or DELETE statement over table ${
        targetOf(project, sql)
      } would affect rows in the streaming buffer, which is not supported`,
    );
  }
}

/** The table that a DML statement changes, as `project.dataset.table`. */
function targetOf(project: string, sql: string): string {
  const found = /\b(?:DELETE(?:\s+FROM)?|UPDATE|MERGE(?:\s+INTO)?)\s+([\w.`"-]+)/i.exec(sql);
  const parts = (found?.[1] ?? "").replaceAll(/[`"]/g, "").split(".");
  return [project, ...parts.slice(-2)].join(".");
}
