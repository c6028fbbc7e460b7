import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

/** Runs `work`, which must not await, as one change: all of it or nothing. */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}

/** SQL as tagged texts, each prepared once. (`createTagStore` of `node:sqlite` keeps the file locked when it is closed.) */
export function sqlOf(db: DatabaseSync) {
  const prepared = new Map<TemplateStringsArray, StatementSync>();
  const statement = (texts: TemplateStringsArray) => {
    const known = prepared.get(texts) ?? db.prepare(texts.join("?"));
    prepared.set(texts, known);
    return known;
  };
  return {
    get: (texts: TemplateStringsArray, ...values: SQLInputValue[]) =>
      statement(texts).get(...values),
    all: (texts: TemplateStringsArray, ...values: SQLInputValue[]) =>
      statement(texts).all(...values),
    run: (texts: TemplateStringsArray, ...values: SQLInputValue[]) =>
      statement(texts).run(...values),
  };
}
/** Opens (makes) a database file for this process alone; what is committed survives a `kill -9`. */
export function openDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(path);
  db.exec(PRAGMAS);
  return db;
}

const PRAGMAS = `
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA busy_timeout = 2000;
`;
