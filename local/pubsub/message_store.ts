import { randomInt } from "node:crypto";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { prepareAll } from "../sqlite.ts";

/** The leases that are no caller's: a loop delivers the copy, or it is a dead letter that {@link MessageStore.redrive} sends again. */
const LEASES = { loop: "loop", dead: "dead" } as const;
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

const COLUMNS = "seq, id, data, attributes, published, attempts, lease";

const STATEMENTS = {
  insert: `INSERT INTO messages (subscription, id, data, attributes, published, next_at)
    VALUES (?, ?, ?, ?, ?, ?)`,
  claim: `UPDATE messages SET lease = ?, attempts = attempts + 1, next_at = ? WHERE seq IN (
      SELECT seq FROM messages WHERE subscription = ? AND lease IS NULL AND next_at <= ?
      ORDER BY next_at, seq LIMIT ?
    ) RETURNING ${COLUMNS}`,
  lapsed: `SELECT ${COLUMNS} FROM messages WHERE subscription = ? AND next_at <= ?
    AND lease IS NOT NULL AND lease != '${LEASES.dead}' ORDER BY seq`,
  leased: `SELECT ${COLUMNS} FROM messages WHERE seq = ? AND subscription = ? AND lease = ?`,
  nextDue: `SELECT min(next_at) AS at FROM messages WHERE subscription = ?
    AND (lease IS NULL OR lease != '${LEASES.dead}')`,
  remove: "DELETE FROM messages WHERE seq = ?",
  move: "UPDATE messages SET lease = ?, next_at = ?, attempts = attempts - ? WHERE seq = ?",
  requeueLoops: `UPDATE messages SET lease = NULL, next_at = 0 WHERE lease = '${LEASES.loop}'`,
  dead: `SELECT seq FROM messages WHERE lease = '${LEASES.dead}' ORDER BY seq`,
  redrive: `UPDATE messages SET id = ?, lease = NULL, attempts = 0, next_at = ?, published = ?
    WHERE seq = ?`,
  expireDead: `DELETE FROM messages WHERE lease = '${LEASES.dead}' AND next_at < ?`,
  expire: `DELETE FROM messages WHERE subscription = ? AND published < ?
    AND (lease IS NULL OR (next_at <= ? AND lease != '${LEASES.dead}'))`,
  count: `INSERT INTO counters (owner, name, value) VALUES (?, ?, ?)
    ON CONFLICT (owner, name) DO UPDATE SET value = value + excluded.value`,
  counters: "SELECT name, value FROM counters WHERE owner = ?",
  totals: `SELECT count(CASE WHEN lease IS NULL THEN 1 END) AS queued,
    count(CASE WHEN lease != '${LEASES.dead}' THEN 1 END) AS delivering,
    count(CASE WHEN lease = '${LEASES.dead}' THEN 1 END) AS dead,
    min(CASE WHEN lease IS NULL THEN published END) AS oldest,
    min(CASE WHEN lease IS NULL OR lease != '${LEASES.dead}' THEN published END) AS oldest_unacked
    FROM messages WHERE subscription = ?`,
  forget: "DELETE FROM messages WHERE subscription = ?",
} as const;

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

/** Copies of messages in SQLite; an acknowledged one is forgotten, as Pub/Sub does, and only counted. */
export class MessageStore {
  readonly #statements: Readonly<Record<keyof typeof STATEMENTS, StatementSync>>;

  /** Queues again what the loops of a killed process were delivering. */
  constructor(db: DatabaseSync) {
    db.exec(TABLES);
    this.#statements = prepareAll(db, STATEMENTS);
    this.#statements.requeueLoops.run();
  }

  /** Writes a subscription's copy, which is due at `nextAt`. */
  insert(subscription: string, { id, data, attributes, published }: Message, nextAt: number): void {
    const text = JSON.stringify(attributes);
    this.#statements.insert.run(subscription, id, data, text, published, nextAt);
  }

  /** Leases due copies and spends an attempt of each. */
  claim(subscription: string, { now, limit, lease }: Claim): Leased[] {
    const { name, until } = lease ?? { name: LEASES.loop, until: NEVER };
    return this.#statements.claim.all(name, until, subscription, now, limit).map(readLeased)
      .sort((a, b) => a.seq - b.seq);
  }

  /** Copies whose lease is over. */
  lapsed(subscription: string, now: number): Leased[] {
    return this.#statements.lapsed.all(subscription, now).map(readLeased);
  }

  /** The copy that is still under a lease. */
  leased(subscription: string, { seq, lease }: LeaseName): Leased | undefined {
    const row = this.#statements.leased.get(seq, subscription, lease);
    return row && readLeased(row);
  }

  /** When a copy is due or its lease over, in milliseconds since the epoch; undefined where there is none. */
  nextDueAt(subscription: string): number | undefined {
    return numberOf(this.#statements.nextDue.get(subscription), "at");
  }

  /** Removes a copy for good. */
  remove({ seq }: LeaseName): void {
    this.#statements.remove.run(seq);
  }

  /** Lets a lease last until then. */
  extend({ seq, lease }: LeaseName, until: number): void {
    this.#statements.move.run(lease, until, 0, seq);
  }

  /** Ends a lease; the copy is due at `nextAt`, and its attempt is given back where it was never sent. */
  requeue({ seq }: LeaseName, nextAt: number, attemptsBack: 0 | 1 = 0): void {
    this.#statements.move.run(null, nextAt, attemptsBack, seq);
  }

  /** Keeps a copy for {@link redrive} until then instead of delivering it. */
  bury({ seq }: LeaseName, keepUntil: number): void {
    this.#statements.move.run(LEASES.dead, keepUntil, 0, seq);
  }

  /** Queues every buried copy under a new id, as if published now; returns how many. */
  redrive(now: number): number {
    const rows = this.#statements.dead.all();
    for (const { seq } of rows) {
      this.#statements.redrive.run(newMessageId(), now, now, Number(seq));
    }
    return rows.length;
  }

  /** Removes old copies that nobody has under a lease, and buried ones at their time; returns how many old ones. */
  expire(subscription: string, now: number, retentionMs: number): number {
    this.#statements.expireDead.run(now);
    const done = this.#statements.expire.run(subscription, now - retentionMs, now);
    this.count(subscription, "expired", Number(done.changes));
    return Number(done.changes);
  }

  /** Adds to a counter of a subscription or topic. */
  count(owner: string, name: "delivered" | "deadLettered" | "expired" | "dropped", by = 1): void {
    if (by > 0) this.#statements.count.run(owner, name, by);
  }

  /** Where the copies of a subscription are, its counters or a topic's, and when the oldest waiting and the oldest unacknowledged one were published. */
  totals(owner: string) {
    const row = this.#statements.totals.get(owner);
    const counters: Partial<Record<string, number>> = Object.fromEntries(
      this.#statements.counters.all(owner).map(({ name, value }) => [name, Number(value)]),
    );
    return {
      queued: numberOf(row, "queued") ?? 0,
      delivering: numberOf(row, "delivering") ?? 0,
      dead: numberOf(row, "dead") ?? 0,
      delivered: counters["delivered"] ?? 0,
      deadLettered: counters["deadLettered"] ?? 0,
      expired: counters["expired"] ?? 0,
      dropped: counters["dropped"] ?? 0,
      oldest: numberOf(row, "oldest"),
      oldestUnacked: numberOf(row, "oldest_unacked"),
    };
  }

  /** Removes every copy of a subscription; its counters stay. */
  forget(subscription: string): void {
    this.#statements.forget.run(subscription);
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
