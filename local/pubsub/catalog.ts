import type { DatabaseSync, StatementSync } from "node:sqlite";
import { prepareAll } from "../sqlite.ts";
import { type Filter, parseFilter } from "./filter.ts";
import type { Subscription, Topic } from "./resources.ts";
import { RpcError } from "./rpc_error.ts";

const TABLES = `
  CREATE TABLE IF NOT EXISTS topics (name TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS subscriptions (name TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT;
`;

const STATEMENTS = {
  topics: "SELECT document FROM topics",
  putTopic: "INSERT OR REPLACE INTO topics (name, document) VALUES (?, ?)",
  removeTopic: "DELETE FROM topics WHERE name = ?",
  subscriptions: "SELECT document FROM subscriptions",
  putSubscription: "INSERT OR REPLACE INTO subscriptions (name, document) VALUES (?, ?)",
  removeSubscription: "DELETE FROM subscriptions WHERE name = ?",
} as const;

/** The topic of subscriptions whose own was deleted. */
const DELETED_TOPIC = "_deleted-topic_";
const MAX_SUBSCRIPTIONS = 10_000;

interface Entry {
  readonly subscription: Subscription;
  readonly matches: Filter;
}

/** Topics and subscriptions by full name: durable in SQLite, read from memory. */
export class Catalog {
  readonly #statements: Readonly<Record<keyof typeof STATEMENTS, StatementSync>>;
  readonly #topics = new Map<string, Topic>();
  readonly #subscriptions = new Map<string, Entry>();

  constructor(db: DatabaseSync) {
    db.exec(TABLES);
    this.#statements = prepareAll(db, STATEMENTS);
    for (const { document } of this.#statements.topics.all()) {
      const topic: Topic = JSON.parse(String(document));
      this.#topics.set(topic.name, topic);
    }
    for (const { document } of this.#statements.subscriptions.all()) {
      const subscription: Subscription = JSON.parse(String(document));
      this.#subscriptions.set(subscription.name, entryOf(subscription));
    }
  }

  /** Throws RpcError `NOT_FOUND`. */
  topic(name: string): Topic {
    return this.#topics.get(name) ?? notFound(name);
  }

  hasTopic(name: string): boolean {
    return this.#topics.has(name);
  }

  /** In the order of their names. */
  topics(): Topic[] {
    return sorted(this.#topics.values());
  }

  /** Creates a topic; throws RpcError `ALREADY_EXISTS`. */
  createTopic(topic: Topic): void {
    if (this.#topics.has(topic.name)) throw alreadyExists(topic.name);
    this.#statements.putTopic.run(topic.name, JSON.stringify(topic));
    this.#topics.set(topic.name, topic);
  }

  /** Removes a topic; its subscriptions stay with what they hold. */
  removeTopic(name: string): void {
    this.topic(name);
    for (const subscription of this.subscriptionsOf(name)) {
      this.putSubscription({ ...subscription, topic: DELETED_TOPIC });
    }
    this.#statements.removeTopic.run(name);
    this.#topics.delete(name);
  }

  /** Throws RpcError `NOT_FOUND`. */
  subscription(name: string): Subscription {
    return this.#subscriptions.get(name)?.subscription ?? notFound(name);
  }

  /** In the order of their names. */
  subscriptions(): Subscription[] {
    return sorted(Array.from(this.#subscriptions.values(), ({ subscription }) => subscription));
  }

  /** Subscriptions of a topic; those whose filter lets these attributes through, where any are given. */
  subscriptionsOf(topic: string, attributes?: Readonly<Record<string, string>>): Subscription[] {
    return [...this.#subscriptions.values()]
      .filter(({ subscription }) => subscription.topic === topic)
      .filter(({ matches }) => attributes === undefined || matches(attributes))
      .map(({ subscription }) => subscription);
  }

  /** Creates a subscription; throws RpcError `ALREADY_EXISTS`, or `NOT_FOUND` where its topic is not there. */
  createSubscription(subscription: Subscription): void {
    if (this.#subscriptions.has(subscription.name)) throw alreadyExists(subscription.name);
    this.topic(subscription.topic);
    if (this.subscriptionsOf(subscription.topic).length >= MAX_SUBSCRIPTIONS) {
      const limit = `A topic may have ${MAX_SUBSCRIPTIONS} subscriptions`;
      throw new RpcError("FAILED_PRECONDITION", limit);
    }
    this.putSubscription(subscription);
  }

  /** Writes a subscription whether it is there or not. */
  putSubscription(subscription: Subscription): void {
    this.#statements.putSubscription.run(subscription.name, JSON.stringify(subscription));
    this.#subscriptions.set(subscription.name, entryOf(subscription));
  }

  /** Throws RpcError `NOT_FOUND`. */
  removeSubscription(name: string): void {
    this.subscription(name);
    this.#statements.removeSubscription.run(name);
    this.#subscriptions.delete(name);
  }
}

function entryOf(subscription: Subscription): Entry {
  return { subscription, matches: parseFilter(subscription.filter) };
}

function sorted<Named extends { readonly name: string }>(items: Iterable<Named>): Named[] {
  return [...items].sort((a, b) => a.name < b.name ? -1 : 1);
}

function notFound(name: string): never {
  throw new RpcError("NOT_FOUND", `Resource not found (resource=${name.split("/").at(-1)}).`);
}

function alreadyExists(name: string): RpcError {
  const message = `Resource already exists in the project (resource=${name.split("/").at(-1)}).`;
  return new RpcError("ALREADY_EXISTS", message);
}
