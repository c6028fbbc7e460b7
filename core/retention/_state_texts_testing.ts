import assert from "node:assert/strict";
import type { ObjectName } from "../model/object_name.ts";
import type { TestWorld } from "../testing/test_world.ts";

/**
 * Numbers the texts that make a state, so that states are short. A memory store's generations count all of its writes;
 * a text names each by its object and how often that was written.
 */
export class StateTexts {
  readonly #numbers = new Map<string, number>();
  readonly #objects = new Map<string, number>();
  readonly #rows = new WeakMap<object, number>();
  readonly #writeOf = new Map<string, string>();
  #writes = new Map<string, number>();

  /** Takes what was there before the walks began. */
  async add({ raw, processed, erasures }: TestWorld): Promise<void> {
    for (const store of [raw, processed, erasures]) {
      const { objects } = await store.list({ prefix: "" });
      for (const { name, generation } of objects) this.#add(name, generation);
    }
  }

  checkpoint(): () => void {
    const writes = this.#writes;
    return () => void (this.#writes = writes);
  }

  /** Takes the generation that a call wrote, if it wrote one. */
  note(call: string, value: unknown): void {
    const [operation = "", name = ""] = call.split(" ");
    if (operation.endsWith(".replace") && typeof value === "string") this.#add(name, value);
    if (!operation.endsWith(".create") || typeof value !== "object" || value === null) return;
    if ("generation" in value) this.#add(name, String(value.generation));
  }

  /** The number of a text; texts that differ in their generations' numbers alone are one. */
  of(text: string): number {
    const named = text.replaceAll(/17000000\d{8}/g, (generation) => {
      const write = this.#writeOf.get(generation);
      assert.ok(write !== undefined, `${generation} is of a write that was no step`);
      return write;
    });
    const number = this.#numbers.get(named) ?? this.#numbers.size;
    this.#numbers.set(named, number);
    return number;
  }

  /** Everything that the stores hold, whatever the order in which it came there. */
  async ofContent({ raw, processed, erasures, rows }: TestWorld): Promise<string> {
    const numbers = rows.rows().map((row) => this.#ofRow(row));
    for (const row of rows.backlog()) numbers.push(-1 - this.#ofRow(row));
    for (const [index, store] of [raw, processed, erasures].entries()) {
      for (const name of store.names()) {
        const facts = await store.stat(name as ObjectName); // one of its own names
        const key = `${index} ${name} ${facts?.generation}`;
        // A generation's bytes never change.
        const number = this.#objects.get(key) ??
          this.of(`${key} ${textOf(await store.read(name as ObjectName))}`); // likewise
        this.#objects.set(key, number);
        numbers.push(number);
      }
    }
    return numbers.sort().join();
  }

  #ofRow(row: object): number {
    const number = this.#rows.get(row) ?? this.of(JSON.stringify(row));
    this.#rows.set(row, number);
    return number;
  }

  #add(name: string, generation: string): void {
    const write = (this.#writes.get(name) ?? 0) + 1;
    this.#writes = new Map(this.#writes).set(name, write);
    this.#writeOf.set(generation, `${name}#${write}`);
  }
}

/** An answer or an object's bytes as text, without checksums, which go by generations where the bytes name some. */
export function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  return JSON.stringify(value, (key, each) => key === "crc32c" ? undefined : each) ?? "";
}
