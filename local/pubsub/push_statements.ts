import type { DatabaseSync, StatementSync } from "node:sqlite";

const TABLES = `
  CREATE TABLE IF NOT EXISTS push_messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    subscription TEXT NOT NULL CHECK (subscription IN ('events', 'dead')),
    event TEXT NOT NULL,
    attributes TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'delivering', 'dead')),
    attempts INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    created INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS push_messages_due
    ON push_messages (subscription, state, next_at, seq);
  CREATE INDEX IF NOT EXISTS push_messages_age ON push_messages (state, created);
`;

const CLAIM = (order: string) => `
  UPDATE push_messages SET state = 'delivering', attempts = attempts + 1
  WHERE seq IN (
    SELECT seq FROM push_messages
    WHERE subscription = ? AND state = 'queued' AND next_at <= ?
    ORDER BY ${order} LIMIT ?
  )
  RETURNING seq, id, event, attributes, attempts, created`;

/** Every statement of the message store. */
export type PushStatements = Record<
  | "requeueDelivering"
  | "insert"
  | "claimOldest"
  | "claimAny"
  | "nextDue"
  | "remove"
  | "retry"
  | "giveBack"
  | "bury"
  | "dead"
  | "redrive"
  | "expire"
  | "forgetDead"
  | "countState"
  | "oldestQueued",
  StatementSync
>;

/** Makes the table where it is missing and prepares its statements. */
export function preparePushStatements(db: DatabaseSync): PushStatements {
  db.exec(TABLES);
  return {
    requeueDelivering: db.prepare(
      "UPDATE push_messages SET state = 'queued' WHERE state = 'delivering'",
    ),
    insert: db.prepare(
      `INSERT INTO push_messages (id, subscription, event, attributes, state, attempts, next_at, created)
       VALUES (?, ?, ?, ?, 'queued', 0, ?, ?)`,
    ),
    claimOldest: db.prepare(CLAIM("next_at, seq")),
    claimAny: db.prepare(CLAIM("random()")),
    nextDue: db.prepare(
      "SELECT min(next_at) AS at FROM push_messages WHERE subscription = ? AND state = 'queued'",
    ),
    remove: db.prepare("DELETE FROM push_messages WHERE id = ?"),
    retry: db.prepare("UPDATE push_messages SET state = 'queued', next_at = ? WHERE id = ?"),
    giveBack: db.prepare(
      "UPDATE push_messages SET state = 'queued', next_at = ?, attempts = attempts - 1 WHERE id = ?",
    ),
    bury: db.prepare("UPDATE push_messages SET state = 'dead' WHERE id = ?"),
    dead: db.prepare("SELECT id FROM push_messages WHERE state = 'dead' ORDER BY seq"),
    redrive: db.prepare(
      `UPDATE push_messages SET id = ?, state = 'queued', attempts = 0, next_at = ?, created = ?
       WHERE id = ?`,
    ),
    expire: db.prepare(
      "DELETE FROM push_messages WHERE state = 'queued' AND subscription = ? AND created < ?",
    ),
    forgetDead: db.prepare("DELETE FROM push_messages WHERE state = 'dead' AND created < ?"),
    countState: db.prepare("SELECT count(*) AS count FROM push_messages WHERE state = ?"),
    oldestQueued: db.prepare(
      "SELECT min(created) AS at FROM push_messages WHERE state = 'queued'",
    ),
  };
}
