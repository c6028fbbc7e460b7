import { randomInt } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { type Counter, PushCounters } from "./push_counters.ts";
import type { PushMessage, StoredEvent, SubscriptionKey } from "./push_message.ts";
import { preparePushStatements, type PushStatements } from "./push_statements.ts";

/** A message to be written. */
export interface NewMessage {
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
 * stays for a redrive. Every method is one statement or one savepoint, so it may run inside a transaction or outside.
 */
export class PushStore {
  readonly #db: DatabaseSync;
  readonly #counters: PushCounters;
  readonly #statements: PushStatements;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#counters = new PushCounters(db);
    this.#statements = preparePushStatements(db);
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
    this.#atomically(() => {
      this.#statements.remove.run(messageId);
      this.#counters.add(counter, 1);
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
    this.#atomically(() => {
      this.#statements.bury.run(message.messageId);
      this.insert({ subscription: "dead", event: message.event, attributes, nowMs, nextAt: nowMs });
      this.#counters.add("deadLettered", 1);
    });
  }

  /** Queues every dead letter under a new message id, as if published now; answers how many. */
  redrive(nowMs: number): number {
    return this.#atomically(() => {
      const rows = this.#statements.dead.all() as unknown as { id: string }[]; // column of the SELECT
      for (const { id } of rows) this.#statements.redrive.run(newMessageId(), nowMs, nowMs, id);
      return rows.length;
    });
  }

  /** Drops what outlived its subscription's retention (milliseconds); answers how many messages nobody had taken. */
  expire(retention: Readonly<Record<SubscriptionKey, number>>, nowMs: number): number {
    return this.#atomically(() => {
      const events = this.#statements.expire.run("events", nowMs - retention.events).changes;
      const dead = this.#statements.expire.run("dead", nowMs - retention.dead).changes;
      this.#statements.forgetDead.run(nowMs - retention.events - retention.dead);
      const count = Number(events) + Number(dead);
      if (count > 0) this.#counters.add("expired", count);
      return count;
    });
  }

  /** Adds to a counter. */
  count(counter: Counter, by: number): void {
    this.#counters.add(counter, by);
  }

  /** Counts messages by state, with the durable counters, and says when the oldest queued one was published. */
  status() {
    const of = (state: string) => readNumber(this.#statements.countState.get(state), "count") ?? 0;
    return {
      queued: of("queued"),
      delivering: of("delivering"),
      dead: of("dead"),
      ...this.#counters.all(),
      oldestQueuedAt: readNumber(this.#statements.oldestQueued.get(), "at"),
    };
  }

  #atomically<Result>(work: () => Result): Result {
    this.#db.exec("SAVEPOINT push");
    try {
      const result = work();
      this.#db.exec("RELEASE push");
      return result;
    } catch (error) {
      this.#db.exec("ROLLBACK TO push; RELEASE push");
      throw error;
    }
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
