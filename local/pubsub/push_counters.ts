import type { DatabaseSync, StatementSync } from "node:sqlite";

/** What is counted for good; see `PushStatus` for what each means. */
export type Counter = "delivered" | "deadLettered" | "deadDelivered" | "expired" | "dropped";

/** Counters that survive restarts. */
export class PushCounters {
  readonly #add: StatementSync;
  readonly #all: StatementSync;

  constructor(db: DatabaseSync) {
    db.exec(
      "CREATE TABLE IF NOT EXISTS push_counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT",
    );
    this.#add = db.prepare(
      `INSERT INTO push_counters (name, value) VALUES (?, ?)
       ON CONFLICT (name) DO UPDATE SET value = value + excluded.value`,
    );
    this.#all = db.prepare("SELECT name, value FROM push_counters");
  }

  /** Adds `by` to a counter. */
  add(counter: Counter, by: number): void {
    this.#add.run(counter, by);
  }

  /** Every counter; 0 where nothing was counted. */
  all(): Record<Counter, number> {
    const rows = this.#all.all().map(({ name, value }) => [name, Number(value)]);
    return {
      delivered: 0,
      deadLettered: 0,
      deadDelivered: 0,
      expired: 0,
      dropped: 0,
      ...Object.fromEntries(rows),
    };
  }
}
