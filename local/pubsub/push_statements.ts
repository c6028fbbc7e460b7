/** The tables of messages and counters. */
export const PUSH_TABLES = `
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
  CREATE TABLE IF NOT EXISTS push_counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
`;

const CLAIM = (order: string) => `
  UPDATE push_messages SET state = 'delivering', attempts = attempts + 1
  WHERE seq IN (
    SELECT seq FROM push_messages
    WHERE subscription = ? AND state = 'queued' AND next_at <= ?
    ORDER BY ${order} LIMIT ?
  )
  RETURNING seq, id, event, attributes, attempts, created`;

/** The statements of the message store. */
export const PUSH_STATEMENTS = {
  requeueDelivering: "UPDATE push_messages SET state = 'queued' WHERE state = 'delivering'",
  insert:
    `INSERT INTO push_messages (id, subscription, event, attributes, state, attempts, next_at, created)
       VALUES (?, ?, ?, ?, 'queued', 0, ?, ?)`,
  claimOldest: CLAIM("next_at, seq"),
  claimAny: CLAIM("random()"),
  nextDue:
    "SELECT min(next_at) AS at FROM push_messages WHERE subscription = ? AND state = 'queued'",
  remove: "DELETE FROM push_messages WHERE id = ?",
  retry: "UPDATE push_messages SET state = 'queued', next_at = ? WHERE id = ?",
  giveBack:
    "UPDATE push_messages SET state = 'queued', next_at = ?, attempts = attempts - 1 WHERE id = ?",
  bury: "UPDATE push_messages SET state = 'dead' WHERE id = ?",
  dead: "SELECT id FROM push_messages WHERE state = 'dead' ORDER BY seq",
  redrive:
    `UPDATE push_messages SET id = ?, state = 'queued', attempts = 0, next_at = ?, created = ?
       WHERE id = ?`,
  expire: "DELETE FROM push_messages WHERE state = 'queued' AND subscription = ? AND created < ?",
  forgetDead: "DELETE FROM push_messages WHERE state = 'dead' AND created < ?",
  countState: "SELECT count(*) AS count FROM push_messages WHERE state = ?",
  oldestQueued: "SELECT min(created) AS at FROM push_messages WHERE state = 'queued'",
  count: `INSERT INTO push_counters (name, value) VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET value = value + excluded.value`,
  counters: "SELECT name, value FROM push_counters",
} as const;
