import type { DatabaseSync } from "node:sqlite";
import { sqlOf } from "../sqlite.ts";
import type { BlobId } from "./blob_files.ts";
import type { DeclaredChecksums } from "@tintype/gcs/hash_header";
import { readDocument } from "./object_database.ts";
import type { ObjectAttributes, ObjectRecord } from "./object_record.ts";
import type { Preconditions } from "./preconditions.ts";

/** A resumable session as it is kept; its id is its credential. */
export interface SessionRecord {
  readonly id: string;
  readonly api: "json" | "xml";
  readonly bucket: string;
  readonly name: string;
  readonly attributes: ObjectAttributes;
  readonly preconditions: Preconditions;
  /** Checksums and size given at the start, enforced at completion. */
  readonly declared: DeclaredChecksums & { readonly size?: number | undefined };
  /** Who started it; undefined for the project's owner. */
  readonly identity?: string | undefined;
  /** The only origin whose pages may read its answers. */
  readonly origin: string | undefined;
  readonly createdMs: number;
  readonly blob: BlobId;
  /** How many bytes are held, from the first on. */
  readonly held: number;
  readonly state: "open" | "complete" | "cancelled" | "expired";
  /** The object that it became. */
  readonly object?: ObjectRecord;
}

/** Resumable sessions, each a JSON document under its id. */
export class SessionDatabase {
  readonly #sql: ReturnType<typeof sqlOf>;

  /** Makes its table where it is missing. */
  constructor(db: DatabaseSync) {
    db.exec(`CREATE TABLE IF NOT EXISTS sessions (
      id TEXT PRIMARY KEY, created_ms INTEGER NOT NULL, state TEXT NOT NULL, blob TEXT NOT NULL,
      document TEXT NOT NULL
    ); CREATE INDEX IF NOT EXISTS sessions_by_age ON sessions (created_ms)`);
    this.#sql = sqlOf(db);
  }

  get(id: string): SessionRecord | null {
    return readDocument(this.#sql.get`SELECT document FROM sessions WHERE id = ${id}`);
  }

  put(session: SessionRecord): void {
    const { id, createdMs, state, blob } = session;
    this.#sql.run`INSERT OR REPLACE INTO sessions
      VALUES (${id}, ${createdMs}, ${state}, ${blob}, ${JSON.stringify(session)})`;
  }

  /** Ids of the sessions that were started at or before `ms` and have not been ended since. */
  liveSince(ms: number): string[] {
    const rows = this.#sql
      .all`SELECT id FROM sessions WHERE created_ms <= ${ms} AND state != 'expired'`;
    return rows.map((row) => String(row["id"]));
  }

  /** Forgets every session that was started at or before `ms`. */
  forgetSince(ms: number): void {
    this.#sql.run`DELETE FROM sessions WHERE created_ms <= ${ms}`;
  }

  /** The files of all open sessions. */
  openBlobs(): string[] {
    const rows = this.#sql.all`SELECT blob FROM sessions WHERE state = 'open'`;
    return rows.map((row) => String(row["blob"]));
  }
}
