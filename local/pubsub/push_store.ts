import { randomInt } from "node:crypto";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { inTransaction, prepareAll } from "../sqlite.ts";
import type { PushMessage, StoredEvent, SubscriptionKey } from "./push_message.ts";
import { PUSH_STATEMENTS, PUSH_TABLES } from "./push_statements.ts";

/** What is counted for good; see `PushStatus` for what each means. */
const NO_COUNTS = { delivered: 0, deadLettered: 0, deadDelivered: 0, expired: 0, dropped: 0 };

type Counter = keyof typeof NO_COUNTS;

/** A message to be written. */
interface NewMessage {
  readonly subscription: SubscriptionKey;
  readonly event: StoredEvent;
  readonly attributes: Readonly<Record<string, string>>;
  readonly nowMs: number;
  /** Not delivered before, in milliseconds since the epoch. */
  readonly nextAt: number;
}

/** Which messages are taken for delivery. */
interface Claim {
  readonly nowMs: number;
  readonly limit: number;
  /** In random order. */
  readonly shuffle: boolean;
}

/**
 * The messages in SQLite. An acknowledged message is forgotten, as Pub/Sub does, and only counted; a dead one
 * stays for a redrive. Every method is one statement or one transaction, also as a part of the caller's.
 */
export class PushStore {
  readonly #db: DatabaseSync;
  readonly #statements: Readonly<Record<keyof typeof PUSH_STATEMENTS, StatementSync>>;

  constructor(db: DatabaseSync) {
    this.#db = db;
    db.exec(PUSH_TABLES);
    this.#statements = prepareAll(db, PUSH_STATEMENTS);
  }

  /** Queues what a killed process was delivering. */
  requeueDelivering(): void {
    this.#statements.requeueDelivering.run();
  }

  /** Writes a queued message under a new message id. */
  insert({ subscription, event, attributes, nowMs, nextAt }: NewMessage): void {
    this.#statements.insert.run(
      newMessageId(),
      subscription,
      JSON.stringify(event),
      JSON.stringify(attributes),
      nextAt,
      nowMs,
    );
  }

  /** Takes up to `limit` due messages for delivery and spends one attempt of each. */
  claim(subscription: SubscriptionKey, { nowMs, limit, shuffle }: Claim): PushMessage[] {
    const statement = shuffle ? this.#statements.claimAny : this.#statements.claimOldest;
    const rows = statement.all(subscription, nowMs, limit) as unknown as MessageRow[]; // columns of RETURNING
    const ordered = shuffle ? shuffled(rows) : rows.sort((a, b) => a.seq - b.seq);
    return ordered.map(readMessage);
  }

  /** When the next queued message is due, in milliseconds since the epoch; null where none is queued. */
  nextDueAt(subscription: SubscriptionKey): number | null {
    return readNumber(this.#statements.nextDue.get(subscription), "at");
  }

  /** Forgets an acknowledged message and counts it. */
  acknowledge(messageId: string, counter: Counter): void {
    inTransaction(this.#db, () => {
      this.#statements.remove.run(messageId);
      this.count(counter, 1);
    });
  }

  /** Queues a refused message again, not before `nextAt`. */
  retry(messageId: string, nextAt: number): void {
    this.#statements.retry.run(nextAt, messageId);
  }

  /** Queues a message again that was never sent, and gives its attempt back. */
  giveBack(messageId: string, nextAt: number): void {
    this.#statements.giveBack.run(nextAt, messageId);
  }

  /** Keeps a refused message as a dead letter and publishes it to the dead letters' subscription. */
  bury(message: PushMessage, letter: Pick<NewMessage, "attributes" | "nowMs">): void {
    const { attributes, nowMs } = letter;
    inTransaction(this.#db, () => {
      this.#statements.bury.run(message.messageId);
      this.insert({ subscription: "dead", event: message.event, attributes, nowMs, nextAt: nowMs });
      this.count("deadLettered", 1);
    });
  }

  /** Queues every dead letter under a new message id, as if published now; answers how many. */
  redrive(nowMs: number): number {
    return inTransaction(this.#db, () => {
      const rows = this.#statements.dead.all() as unknown as { id: string }[]; // column of the SELECT
      for (const { id } of rows) this.#statements.redrive.run(newMessageId(), nowMs, nowMs, id);
      return rows.length;
    });
  }

  /** Drops what outlived its subscription's retention (milliseconds); answers how many messages nobody had taken. */
  expire(retention: Readonly<Record<SubscriptionKey, number>>, nowMs: number): number {
    return inTransaction(this.#db, () => {
      const events = this.#statements.expire.run("events", nowMs - retention.events).changes;
      const dead = this.#statements.expire.run("dead", nowMs - retention.dead).changes;
      this.#statements.forgetDead.run(nowMs - retention.events - retention.dead);
      const count = Number(events) + Number(dead);
      if (count > 0) this.count("expired", count);
      return count;
    });
  }

  /** Adds to a counter. */
  count(counter: Counter, by: number): void {
    this.#statements.count.run(counter, by);
  }

  /** Counts messages by state, with the durable counters, and says when the oldest queued one was published. */
  status() {
    const rows = this.#statements.counters.all();
    const counts: Partial<Record<Counter, number>> = Object.fromEntries(
      rows.map(({ name, value }) => [name, Number(value)]),
    );
    const of = (state: string) => readNumber(this.#statements.countState.get(state), "count") ?? 0;
    return {
      queued: of("queued"),
      delivering: of("delivering"),
      dead: of("dead"),
      ...NO_COUNTS,
      ...counts,
      oldestQueuedAt: readNumber(this.#statements.oldestQueued.get(), "at"),
    };
  }
}

interface MessageRow {
  readonly seq: number;
  readonly id: string;
  readonly event: string;
  readonly attributes: string;
  readonly attempts: number;
  readonly created: number;
}

function readMessage(row: MessageRow): PushMessage {
  return {
    messageId: row.id,
    event: JSON.parse(row.event),
    attributes: JSON.parse(row.attributes),
    attempts: row.attempts,
    createdAt: row.created,
  };
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items.map((item) => ({ item, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

function readNumber(row: Record<string, unknown> | undefined, column: string): number | null {
  const value = row?.[column];
  return typeof value === "number" ? value : null;
}

/** Pub/Sub's message ids are decimal numbers of 16 digits or so. */
function newMessageId(): string {
  return `${randomInt(1, 2 ** 47)}${randomInt(1e5).toString().padStart(5, "0")}`;
}
