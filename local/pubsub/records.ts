import type { DatabaseSync } from "node:sqlite";
import { sqlOf } from "../sqlite.ts";
import { RpcError } from "./rpc_error.ts";

/** Topics or subscriptions by full name: durable on disk, read from memory. */
export class Records<Item extends { readonly name: string }> {
  readonly #sql: ReturnType<typeof sqlOf>;
  readonly #kind: "topics" | "subscriptions";
  readonly #items: Map<string, Item>;

  constructor(db: DatabaseSync, kind: "topics" | "subscriptions") {
    db.exec(
      "CREATE TABLE IF NOT EXISTS resources (name TEXT PRIMARY KEY, kind TEXT, document TEXT)",
    );
    this.#sql = sqlOf(db);
    this.#kind = kind;
    const items = this.#sql.all`SELECT document FROM resources WHERE kind = ${kind}`
      .map(({ document }): Item => JSON.parse(String(document)));
    this.#items = new Map(items.map((item) => [item.name, item]));
  }

  /** In the order of their names. */
  all(): Item[] {
    return [...this.#items.values()].sort((a, b) => a.name < b.name ? -1 : 1);
  }

  has(name: string): boolean {
    return this.#items.has(name);
  }

  /** Throws RpcError `NOT_FOUND`. */
  get(name: string): Item {
    const item = this.#items.get(name);
    if (item !== undefined) return item;
    throw new RpcError("NOT_FOUND", `Resource not found (resource=${idOf(name)}).`);
  }

  /** Throws RpcError `ALREADY_EXISTS`. */
  create(item: Item): Item {
    if (!this.#items.has(item.name)) return this.put(item);
    const message = `Resource already exists in the project (resource=${idOf(item.name)}).`;
    throw new RpcError("ALREADY_EXISTS", message);
  }

  /** Writes an item whether it is there or not. */
  put(item: Item): Item {
    this.#sql.run`INSERT OR REPLACE INTO resources
      VALUES (${item.name}, ${this.#kind}, ${JSON.stringify(item)})`;
    this.#items.set(item.name, item);
    return item;
  }

  /** Throws RpcError `NOT_FOUND`. */
  remove(name: string): void {
    this.get(name);
    this.#sql.run`DELETE FROM resources WHERE name = ${name}`;
    this.#items.delete(name);
  }
}

function idOf(name: string): string {
  return name.split("/").at(-1) ?? "";
}
