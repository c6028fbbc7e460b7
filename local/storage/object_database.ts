import type { DatabaseSync, StatementSync } from "node:sqlite";
import { sqlOf } from "../sqlite.ts";
import type { BucketRecord, ObjectRecord } from "./object_record.ts";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS buckets (name TEXT PRIMARY KEY, document TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (bucket, name)
  );
  CREATE TABLE IF NOT EXISTS generations (only INTEGER PRIMARY KEY CHECK (only = 1), last INTEGER);
  INSERT OR IGNORE INTO generations VALUES (1, 0);
`;

/** Buckets and live objects, each a JSON document under its name; names sort by their UTF-8 bytes. */
export class ObjectDatabase {
  readonly #sql: ReturnType<typeof sqlOf>;

  constructor(db: DatabaseSync) {
    db.exec(SCHEMA);
    this.#sql = sqlOf(db);
  }

  bucket(name: string): BucketRecord | null {
    return readDocument(this.#sql.get`SELECT document FROM buckets WHERE name = ${name}`);
  }

  buckets(): BucketRecord[] {
    return this.#sql.all`SELECT document FROM buckets ORDER BY name`.map(documentOf<BucketRecord>);
  }

  putBucket(bucket: BucketRecord): void {
    this.#sql.run`INSERT OR REPLACE INTO buckets VALUES (${bucket.name}, ${
      JSON.stringify(bucket)
    })`;
  }

  removeBucket(name: string): void {
    this.#sql.run`DELETE FROM buckets WHERE name = ${name}`;
  }

  object(bucket: string, name: string): ObjectRecord | null {
    const row = this.#sql
      .get`SELECT document FROM objects WHERE bucket = ${bucket} AND name = ${name}`;
    return readDocument(row);
  }

  putObject(object: ObjectRecord): void {
    const { bucket, name } = object;
    this.#sql
      .run`INSERT OR REPLACE INTO objects VALUES (${bucket}, ${name}, ${JSON.stringify(object)})`;
  }

  removeObject(bucket: string, name: string): void {
    this.#sql.run`DELETE FROM objects WHERE bucket = ${bucket} AND name = ${name}`;
  }

  /** The first object of a name that is not below `from`. */
  objectFrom(bucket: string, from: string): ObjectRecord | null {
    const row = this.#sql.get`SELECT document FROM objects
      WHERE bucket = ${bucket} AND name >= ${from} ORDER BY name LIMIT 1`;
    return readDocument(row);
  }

  /** The first object behind all whose names begin with `prefix`: no UTF-8 text holds a byte of F5 or more. */
  objectBehind(bucket: string, prefix: string): ObjectRecord | null {
    const row = this.#sql.get`SELECT document FROM objects
      WHERE bucket = ${bucket} AND name > ${prefix} || CAST(x'f5' AS TEXT) ORDER BY name LIMIT 1`;
    return readDocument(row);
  }

  /** Every object of a bucket, ascending. */
  allObjects(bucket: string): ObjectRecord[] {
    const rows = this.#sql.all`SELECT document FROM objects WHERE bucket = ${bucket} ORDER BY name`;
    return rows.map(documentOf<ObjectRecord>);
  }

  /** The files of all objects. */
  blobs(): string[] {
    const rows = this.#sql.all`SELECT document ->> 'blob' AS blob FROM objects WHERE blob NOTNULL`;
    return rows.map((row) => String(row["blob"]));
  }

  /** The next generation: the time in microseconds, never one that was given before. */
  nextGeneration(nowMs: number): number {
    const row = this.#sql.get`UPDATE generations
      SET last = max(last + 1, ${Math.round(nowMs * 1_000)}) RETURNING last`;
    return Number(row?.["last"]);
  }
}

type Row = ReturnType<StatementSync["get"]>;

/** Parses the document of a row; null where there is no row. */
export function readDocument<T>(row: Row): T | null {
  return row === undefined ? null : documentOf<T>(row);
}

function documentOf<T>(row: NonNullable<Row>): T {
  return JSON.parse(String(row["document"])) as T; // written by us, from that type
}
