import type { DatabaseSync, StatementSync } from "node:sqlite";
import { prepareAll } from "../sqlite.ts";
import { RpcError } from "./rpc_error.ts";

/** Topics or subscriptions by full name: durable in a table of their own, read from memory. */
export class Records<Item extends { readonly name: string }> {
  readonly #statements: Readonly<Record<"all" | "put" | "remove", StatementSync>>;
  readonly #items: Map<string, Item>;

  constructor(db: DatabaseSync, table: "topics" | "subscriptions") {
    db.exec(`CREATE TABLE IF NOT EXISTS ${table} (name TEXT PRIMARY KEY, document TEXT) STRICT`);
    this.#statements = prepareAll(db, {
      all: `SELECT document FROM ${table} ORDER BY name`,
      put: `INSERT OR REPLACE INTO ${table} (name, document) VALUES (?, ?)`,
      remove: `DELETE FROM ${table} WHERE name = ?`,
    });
    const items = this.#statements.all.all()
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
    this.#statements.put.run(item.name, JSON.stringify(item));
    this.#items.set(item.name, item);
    return item;
  }

  /** Throws RpcError `NOT_FOUND`. */
  remove(name: string): void {
    this.get(name);
    this.#statements.remove.run(name);
    this.#items.delete(name);
  }
}

function idOf(name: string): string {
  return name.split("/").at(-1) ?? "";
}
