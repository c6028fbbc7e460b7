import { randomInt } from "node:crypto";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { prepareAll } from "../sqlite.ts";

/** The tables of messages: a copy for each subscription, those that were given up, and counters. */
const TABLES = `
  CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, subscription TEXT NOT NULL, id TEXT NOT NULL,
    data TEXT NOT NULL, attributes TEXT NOT NULL, published INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL, lease TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS messages_due ON messages (subscription, next_at, seq);
  CREATE TABLE IF NOT EXISTS dead (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, subscription TEXT NOT NULL,
    data TEXT NOT NULL, attributes TEXT NOT NULL, keep_until INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS counters (
    owner TEXT NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (owner, name)
  ) STRICT;
`;

const COLUMNS = "seq, id, data, attributes, published, attempts, lease";
const CLAIM = (order: string) => `
  UPDATE messages SET lease = $lease, attempts = attempts + 1, next_at = $until
  WHERE seq IN (
    SELECT seq FROM messages WHERE subscription = $name AND lease IS NULL AND next_at <= $now
    ORDER BY ${order} LIMIT $limit
  ) RETURNING ${COLUMNS}`;

const STATEMENTS = {
  insert: `INSERT INTO messages (subscription, id, data, attributes, published, next_at)
    VALUES (?, ?, ?, ?, ?, ?)`,
  claimOldest: CLAIM("next_at, seq"),
  claimAny: CLAIM("random()"),
  lapsed: `SELECT ${COLUMNS} FROM messages
    WHERE subscription = ? AND next_at <= ? AND lease IS NOT NULL ORDER BY seq`,
  leased: `SELECT ${COLUMNS} FROM messages WHERE seq = ? AND subscription = ? AND lease = ?`,
  nextDue: "SELECT min(next_at) AS at FROM messages WHERE subscription = ?",
  remove: "DELETE FROM messages WHERE seq = ?",
  extend: "UPDATE messages SET next_at = ? WHERE seq = ?",
  requeue: "UPDATE messages SET lease = NULL, next_at = ?, attempts = attempts - ? WHERE seq = ?",
  requeueLeased: "UPDATE messages SET lease = NULL, next_at = 0 WHERE lease = ?",
  bury: "INSERT INTO dead (subscription, data, attributes, keep_until) VALUES (?, ?, ?, ?)",
  dead: "SELECT seq, subscription, data, attributes FROM dead ORDER BY seq",
  removeDead: "DELETE FROM dead WHERE seq = ?",
  expireDead: "DELETE FROM dead WHERE keep_until < ?",
  expire: `DELETE FROM messages
    WHERE subscription = ? AND published < ? AND (lease IS NULL OR next_at <= ?)`,
  count: `INSERT INTO counters (owner, name, value) VALUES (?, ?, ?)
    ON CONFLICT (owner, name) DO UPDATE SET value = value + excluded.value`,
  counters: "SELECT name, value FROM counters WHERE owner = ?",
  totals: `SELECT count(*) - count(lease) AS queued, count(lease) AS delivering,
    min(CASE WHEN lease IS NULL THEN published END) AS oldest
    FROM messages WHERE subscription = ?`,
  deadTotal: "SELECT count(*) AS dead FROM dead WHERE subscription = ?",
  forgetMessages: "DELETE FROM messages WHERE subscription = ?",
  forgetDead: "DELETE FROM dead WHERE subscription = ?",
  forgetCounters: "DELETE FROM counters WHERE owner = ?",
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

/** Which copies are taken for delivery, under which lease, until when it lasts. */
export interface Claim {
  readonly now: number;
  readonly until: number;
  readonly limit: number;
  readonly lease: string;
  /** In random order. */
  readonly shuffle: boolean;
}

/** What is counted for good. */
export type Counter = "delivered" | "deadLettered" | "expired" | "dropped";

/** Copies of messages in SQLite; an acknowledged one is forgotten, as Pub/Sub does, and only counted. */
export class MessageStore {
  readonly #statements: Readonly<Record<keyof typeof STATEMENTS, StatementSync>>;

  constructor(db: DatabaseSync) {
    db.exec(TABLES);
    this.#statements = prepareAll(db, STATEMENTS);
  }

  /** Writes a subscription's copy, which is due at `nextAt`. */
  insert(subscription: string, { id, data, attributes, published }: Message, nextAt: number): void {
    const text = JSON.stringify(attributes);
    this.#statements.insert.run(subscription, id, data, text, published, nextAt);
  }

  /** Leases due copies and spends an attempt of each. */
  claim(subscription: string, { shuffle, ...claim }: Claim): Leased[] {
    const statement = shuffle ? this.#statements.claimAny : this.#statements.claimOldest;
    return statement.all({ ...claim, name: subscription }).map(readLeased)
      .sort((a, b) => shuffle ? Math.random() - 0.5 : a.seq - b.seq);
  }

  /** Copies whose lease is over. */
  lapsed(subscription: string, now: number): Leased[] {
    return this.#statements.lapsed.all(subscription, now).map(readLeased);
  }

  /** The copy under a lease, where it is still under it. */
  leased(subscription: string, { seq, lease }: Pick<Leased, "seq" | "lease">): Leased | undefined {
    const row = this.#statements.leased.get(seq, subscription, lease);
    return row && readLeased(row);
  }

  /** When a copy is due or its lease over, in milliseconds since the epoch; undefined where there is none. */
  nextDueAt(subscription: string): number | undefined {
    return numberOf(this.#statements.nextDue.get(subscription), "at");
  }

  /** Removes a copy for good. */
  remove({ seq }: Pick<Leased, "seq">): void {
    this.#statements.remove.run(seq);
  }

  /** Lets a lease last until then. */
  extend({ seq }: Pick<Leased, "seq">, until: number): void {
    this.#statements.extend.run(until, seq);
  }

  /** Ends a lease; the copy is due at `nextAt`, and its attempt is given back where it was never sent. */
  requeue({ seq }: Pick<Leased, "seq">, nextAt: number, attemptsBack: 0 | 1 = 0): void {
    this.#statements.requeue.run(nextAt, attemptsBack, seq);
  }

  /** Ends every lease of that name at once, as a killed process leaves them. */
  requeueLeased(lease: string): void {
    this.#statements.requeueLeased.run(lease);
  }

  /** Keeps a copy for {@link redrive} instead of delivering it. */
  bury(subscription: string, message: Leased, keepUntil: number): void {
    const { data, attributes } = message;
    this.#statements.bury.run(subscription, data, JSON.stringify(attributes), keepUntil);
    this.remove(message);
  }

  /** Queues every buried copy under a new id, as if published now; returns how many. */
  redrive(now: number): number {
    const rows = this.#statements.dead.all();
    for (const { seq, subscription, data, attributes } of rows) {
      const copy = [newMessageId(), String(data), String(attributes), now, now] as const;
      this.#statements.insert.run(String(subscription), ...copy);
      this.#statements.removeDead.run(Number(seq));
    }
    return rows.length;
  }

  /** Removes old copies that nobody has under a lease, and counts them; returns how many. */
  expire(
    subscription: string,
    { now, publishedBefore }: { readonly now: number; readonly publishedBefore: number },
  ): number {
    const done = this.#statements.expire.run(subscription, publishedBefore, now);
    const count = Number(done.changes);
    if (count > 0) this.count(subscription, "expired", count);
    return count;
  }

  /** Removes buried copies that are kept no longer. */
  expireDead(now: number): void {
    this.#statements.expireDead.run(now);
  }

  /** Adds to a counter of a subscription or topic. */
  count(owner: string, counter: Counter, by = 1): void {
    this.#statements.count.run(owner, counter, by);
  }

  /** Where a subscription's copies are, with its counters, and when the oldest waiting one was published. */
  totals(subscription: string) {
    const row = this.#statements.totals.get(subscription);
    const counted = this.#statements.counters.all(subscription)
      .map(({ name, value }) => [String(name), Number(value)] as const);
    const counters: Partial<Record<Counter, number>> = Object.fromEntries(counted);
    return {
      queued: numberOf(row, "queued") ?? 0,
      delivering: numberOf(row, "delivering") ?? 0,
      dead: numberOf(this.#statements.deadTotal.get(subscription), "dead") ?? 0,
      delivered: counters.delivered ?? 0,
      deadLettered: counters.deadLettered ?? 0,
      expired: counters.expired ?? 0,
      dropped: counters.dropped ?? 0,
      oldest: numberOf(row, "oldest"),
    };
  }

  /** Removes everything of a subscription. */
  forget(subscription: string): void {
    this.#statements.forgetMessages.run(subscription);
    this.#statements.forgetDead.run(subscription);
    this.#statements.forgetCounters.run(subscription);
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
