import { randomInt } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { sqlOf } from "../sqlite.ts";

const NEVER = Number.MAX_SAFE_INTEGER;

/** A copy of each message for each subscription, and counters. */
const TABLES = `
  CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, subscription TEXT NOT NULL, id TEXT NOT NULL,
    data TEXT NOT NULL, attributes TEXT NOT NULL, published INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL, lease TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS messages_due ON messages (subscription, next_at, seq);
  CREATE TABLE IF NOT EXISTS counters (
    owner TEXT NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (owner, name)
  ) STRICT;
`;

/** A message as it was published; the data is base64. */
export interface Message {
  readonly id: string;
  readonly data: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** In milliseconds since the epoch. */
  readonly published: number;
}

/** A subscription's copy of a message that is being delivered. */
export interface Leased extends Message {
  readonly seq: number;
  readonly lease: string;
  /** Counts this delivery: 1 for the first. */
  readonly attempts: number;
}

/** Which copy a caller means, by its lease. */
export type LeaseName = Pick<Leased, "seq" | "lease">;

/** How many due copies are taken, and the lease of a caller; without one a loop takes them, until it settles them. */
interface Claim {
  readonly now: number;
  readonly limit: number;
  readonly lease?: { readonly name: string; readonly until: number };
}

/**
 * Copies of messages in SQLite; an acknowledged one is forgotten, as Pub/Sub does, and only counted. A lease is a caller's,
 * but for `loop`, by which a loop delivers the copy, and `dead`, a dead letter that {@link redrive} sends again.
 */
export class MessageStore {
  readonly #sql: ReturnType<typeof sqlOf>;

  /** Queues again what the loops of a killed process were delivering. */
  constructor(db: DatabaseSync) {
    db.exec(TABLES);
    this.#sql = sqlOf(db);
    this.#sql.run`UPDATE messages SET lease = NULL, next_at = 0 WHERE lease = 'loop'`;
  }

  /** Writes a subscription's copy, which is due at `nextAt`. */
  insert(subscription: string, { id, data, attributes, published }: Message, nextAt: number): void {
    this.#sql.run`INSERT INTO messages (subscription, id, data, attributes, published, next_at)
      VALUES (${subscription}, ${id}, ${data}, ${
      JSON.stringify(attributes)
    }, ${published}, ${nextAt})`;
  }

  /** Leases due copies and spends an attempt of each. */
  claim(subscription: string, { now, limit, lease }: Claim): Leased[] {
    const { name, until } = lease ?? { name: "loop", until: NEVER };
    return this.#sql.all`UPDATE messages SET lease = ${name}, attempts = attempts + 1,
      next_at = ${until} WHERE seq IN (
        SELECT seq FROM messages WHERE subscription = ${subscription} AND lease IS NULL
        AND next_at <= ${now} ORDER BY next_at, seq LIMIT ${limit}
      ) RETURNING *`.map(readLeased).sort((a, b) => a.seq - b.seq);
  }

  /** Copies whose lease is over. */
  lapsed(subscription: string, now: number): Leased[] {
    return this.#sql.all`SELECT * FROM messages WHERE subscription = ${subscription}
      AND next_at <= ${now} AND lease != 'dead' ORDER BY seq`.map(readLeased);
  }

  /** The copy that is still under a lease. */
  leased(subscription: string, { seq, lease }: LeaseName): Leased | undefined {
    const row = this.#sql.get`SELECT * FROM messages
      WHERE seq = ${seq} AND subscription = ${subscription} AND lease = ${lease}`;
    return row && readLeased(row);
  }

  /** When a copy is due or its lease over, in milliseconds since the epoch; undefined where there is none. */
  nextDueAt(subscription: string): number | undefined {
    const row = this.#sql.get`SELECT min(next_at) AS at FROM messages
      WHERE subscription = ${subscription} AND lease IS NOT 'dead'`;
    return numberOf(row, "at");
  }

  /** Removes a copy for good. */
  remove({ seq }: LeaseName): void {
    this.#sql.run`DELETE FROM messages WHERE seq = ${seq}`;
  }

  /** Lets a lease last until then. */
  extend({ seq }: LeaseName, until: number): void {
    this.#sql.run`UPDATE messages SET next_at = ${until} WHERE seq = ${seq}`;
  }

  /** Ends a lease; the copy is due at `nextAt`, and its attempt is given back where it was never sent. */
  requeue({ seq }: LeaseName, nextAt: number, attemptsBack: 0 | 1 = 0): void {
    this.#sql.run`UPDATE messages SET lease = NULL, next_at = ${nextAt},
      attempts = attempts - ${attemptsBack} WHERE seq = ${seq}`;
  }

  /** Keeps a copy for {@link redrive} until then instead of delivering it. */
  bury({ seq }: LeaseName, keepUntil: number): void {
    this.#sql.run`UPDATE messages SET lease = 'dead', next_at = ${keepUntil} WHERE seq = ${seq}`;
  }

  /** Queues every buried copy under a new id, as if published now; returns how many. */
  redrive(now: number): number {
    const rows = this.#sql.all`SELECT seq FROM messages WHERE lease = 'dead' ORDER BY seq`;
    for (const { seq } of rows) {
      this.#sql.run`UPDATE messages SET id = ${newMessageId()}, lease = NULL, attempts = 0,
        next_at = ${now}, published = ${now} WHERE seq = ${Number(seq)}`;
    }
    return rows.length;
  }

  /** Removes old copies that nobody has under a lease, and buried ones at their time; returns how many old ones. */
  expire(subscription: string, now: number, retentionMs: number): number {
    this.#sql.run`DELETE FROM messages WHERE lease = 'dead' AND next_at < ${now}`;
    const { changes } = this.#sql.run`DELETE FROM messages WHERE subscription = ${subscription}
      AND published < ${now - retentionMs}
      AND (lease IS NULL OR (next_at <= ${now} AND lease != 'dead'))`;
    this.count(subscription, "expired", Number(changes));
    return Number(changes);
  }

  /** Adds to a counter of a subscription or topic. */
  count(owner: string, name: "delivered" | "deadLettered" | "expired" | "dropped", by = 1): void {
    if (by === 0) return;
    this.#sql.run`INSERT INTO counters (owner, name, value) VALUES (${owner}, ${name}, ${by})
      ON CONFLICT (owner, name) DO UPDATE SET value = value + excluded.value`;
  }

  /** Where the copies of a subscription are, its counters or a topic's, and when the oldest waiting and the oldest unacknowledged one were published. */
  totals(owner: string) {
    const row = this.#sql.get`SELECT count(CASE WHEN lease IS NULL THEN 1 END) AS queued,
      count(CASE WHEN lease != 'dead' THEN 1 END) AS delivering,
      count(CASE WHEN lease = 'dead' THEN 1 END) AS dead,
      min(CASE WHEN lease IS NULL THEN published END) AS oldest,
      min(CASE WHEN lease IS NOT 'dead' THEN published END) AS oldest_unacked
      FROM messages WHERE subscription = ${owner}`;
    const rows = this.#sql.all`SELECT name, value FROM counters WHERE owner = ${owner}`;
    const counters = Object.fromEntries(rows.map(({ name, value }) => [name, value]));
    return {
      queued: numberOf(row, "queued") ?? 0,
      delivering: numberOf(row, "delivering") ?? 0,
      dead: numberOf(row, "dead") ?? 0,
      delivered: numberOf(counters, "delivered") ?? 0,
      deadLettered: numberOf(counters, "deadLettered") ?? 0,
      expired: numberOf(counters, "expired") ?? 0,
      dropped: numberOf(counters, "dropped") ?? 0,
      oldest: numberOf(row, "oldest"),
      oldestUnacked: numberOf(row, "oldest_unacked"),
    };
  }

  /** Removes every copy of a subscription; its counters stay. */
  forget(subscription: string): void {
    this.#sql.run`DELETE FROM messages WHERE subscription = ${subscription}`;
  }
}

/** Pub/Sub's message ids are decimal numbers of 16 digits or so. */
export function newMessageId(): string {
  return `${randomInt(1, 2 ** 47)}${randomInt(1e5).toString().padStart(5, "0")}`;
}

function readLeased(row: Record<string, unknown>): Leased {
  return {
    seq: Number(row["seq"]),
    id: String(row["id"]),
    data: String(row["data"]),
    attributes: JSON.parse(String(row["attributes"])),
    published: Number(row["published"]),
    attempts: Number(row["attempts"]),
    lease: String(row["lease"]),
  };
}

function numberOf(row: Record<string, unknown> | undefined, column: string): number | undefined {
  const value = row?.[column];
  return typeof value === "number" ? value : undefined;
}
