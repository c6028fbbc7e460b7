import type { DatabaseSync, StatementSync } from "node:sqlite";
import { prepareAll } from "../sqlite.ts";
import type { BucketRecord, ObjectRecord } from "./object_record.ts";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS buckets (name TEXT PRIMARY KEY, document TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (bucket, name)
  );
  CREATE TABLE IF NOT EXISTS generations (only INTEGER PRIMARY KEY CHECK (only = 1), last INTEGER);
  INSERT OR IGNORE INTO generations VALUES (1, 0);
`;

/** Where a page of names begins. */
interface NameBound {
  readonly from: string;
  /** Whether `from` itself is part of the page. */
  readonly inclusive: boolean;
}

/** Buckets and live objects, each a JSON document under its name; names sort by their UTF-8 bytes. */
export class ObjectDatabase {
  readonly #statements: Readonly<Record<keyof typeof STATEMENTS, StatementSync>>;

  constructor(db: DatabaseSync) {
    db.exec(SCHEMA);
    this.#statements = prepareAll(db, STATEMENTS);
  }

  bucket(name: string): BucketRecord | null {
    return readDocument<BucketRecord>(this.#statements.bucket.get(name));
  }

  buckets(): BucketRecord[] {
    return this.#statements.buckets.all().map((row) => documentOf<BucketRecord>(row));
  }

  putBucket(bucket: BucketRecord): void {
    this.#statements.putBucket.run(bucket.name, JSON.stringify(bucket));
  }

  removeBucket(name: string): void {
    this.#statements.removeBucket.run(name);
  }

  object(bucket: string, name: string): ObjectRecord | null {
    return readDocument<ObjectRecord>(this.#statements.object.get(bucket, name));
  }

  putObject(object: ObjectRecord): void {
    this.#statements.putObject.run(object.bucket, object.name, JSON.stringify(object));
  }

  removeObject(bucket: string, name: string): void {
    this.#statements.removeObject.run(bucket, name);
  }

  /** At most `limit` objects from a bound on, ascending. */
  objectsFrom(bucket: string, { from, inclusive }: NameBound, limit: number): ObjectRecord[] {
    const statement = inclusive ? this.#statements.from : this.#statements.after;
    return statement.all(bucket, from, limit).map((row) => documentOf<ObjectRecord>(row));
  }

  /** Every object of a bucket, ascending; the bucket may change meanwhile. */
  *allObjects(bucket: string): Generator<ObjectRecord> {
    let bound: NameBound = { from: "", inclusive: true };
    while (true) {
      const page = this.objectsFrom(bucket, bound, 1_000);
      yield* page;
      const last = page.at(-1);
      if (last === undefined) return;
      bound = { from: last.name, inclusive: false };
    }
  }

  /** The files of all objects. */
  *blobs(): Generator<string> {
    for (const { name } of this.buckets()) {
      for (const { blob } of this.allObjects(name)) if (blob !== null) yield blob;
    }
  }

  /** The next generation: the time in microseconds, never one that was given before. */
  nextGeneration(nowMs: number): number {
    const row = this.#statements.nextGeneration.get(Math.round(nowMs * 1_000));
    return Number(row?.["last"]);
  }
}

const STATEMENTS = {
  bucket: "SELECT document FROM buckets WHERE name = ?",
  buckets: "SELECT document FROM buckets ORDER BY name",
  putBucket: "INSERT OR REPLACE INTO buckets (name, document) VALUES (?, ?)",
  removeBucket: "DELETE FROM buckets WHERE name = ?",
  object: "SELECT document FROM objects WHERE bucket = ? AND name = ?",
  putObject: "INSERT OR REPLACE INTO objects (bucket, name, document) VALUES (?, ?, ?)",
  removeObject: "DELETE FROM objects WHERE bucket = ? AND name = ?",
  from: "SELECT document FROM objects WHERE bucket = ? AND name >= ? ORDER BY name LIMIT ?",
  after: "SELECT document FROM objects WHERE bucket = ? AND name > ? ORDER BY name LIMIT ?",
  nextGeneration: "UPDATE generations SET last = max(last + 1, ?) RETURNING last",
} as const;

type Row = ReturnType<StatementSync["get"]>;

/** Parses the document of a row; null where there is no row. */
export function readDocument<T>(row: Row): T | null {
  return row === undefined ? null : documentOf<T>(row);
}

/** Parses the document of a row. */
function documentOf<T>(row: NonNullable<Row>): T {
  return JSON.parse(String(row["document"])) as T; // written by us, from that type
}
