import type { DatabaseSync, StatementSync } from "node:sqlite";
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
  /** Checksums given at the start, enforced at completion. */
  readonly declared: DeclaredChecksums;
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
  readonly #get: StatementSync;
  readonly #put: StatementSync;
  readonly #live: StatementSync;
  readonly #forget: StatementSync;
  readonly #openBlobs: StatementSync;

  /** Makes its table where it is missing. */
  constructor(db: DatabaseSync) {
    db.exec(`CREATE TABLE IF NOT EXISTS sessions (
      id TEXT PRIMARY KEY, created_ms INTEGER NOT NULL, state TEXT NOT NULL, blob TEXT NOT NULL,
      document TEXT NOT NULL
    ); CREATE INDEX IF NOT EXISTS sessions_by_age ON sessions (created_ms)`);
    this.#get = db.prepare("SELECT document FROM sessions WHERE id = ?");
    this.#put = db.prepare("INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?)");
    this.#live = db.prepare("SELECT id FROM sessions WHERE created_ms <= ? AND state != 'expired'");
    this.#forget = db.prepare("DELETE FROM sessions WHERE created_ms <= ?");
    this.#openBlobs = db.prepare("SELECT blob FROM sessions WHERE state = 'open'");
  }

  get(id: string): SessionRecord | null {
    return readDocument<SessionRecord>(this.#get.get(id));
  }

  put(session: SessionRecord): void {
    const { id, createdMs, state, blob } = session;
    this.#put.run(id, createdMs, state, blob, JSON.stringify(session));
  }

  /** Ids of the sessions that were started at or before `ms` and have not been ended since. */
  liveSince(ms: number): string[] {
    return this.#live.all(ms).map((row) => String(row["id"]));
  }

  /** Forgets every session that was started at or before `ms`. */
  forgetSince(ms: number): void {
    this.#forget.run(ms);
  }

  /** The files of all open sessions. */
  openBlobs(): string[] {
    return this.#openBlobs.all().map((row) => String(row["blob"]));
  }
}
