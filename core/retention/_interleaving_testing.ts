/**
 * Runs walks over the ports in every order of their steps, and with a process that dies after any of them.
 *
 * A step is a port call: it waits until the search lets it happen. A state is what the stores hold and what the calls of
 * each walk have returned, as a walk does nothing that does not follow from that. Every order is covered, and each state
 * is left once by each of its steps: to come back to a state, a fresh world takes the steps that led there.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type { ObjectName } from "../model/object_name.ts";
import { stepping } from "../testing/crashing_ports.ts";
import type { TestWorld, WorldPorts } from "../testing/test_world.ts";

/** One of the walks that run at once. */
export interface Walk {
  readonly name: string;
  /** Whether its process may die. */
  readonly isMortal?: boolean;
  readonly run: (ports: WorldPorts) => Promise<unknown>;
}

/** What to search. */
export interface Search {
  /** Each time the same world, whose generations are by name and whose hashing needs no more than microtasks. */
  readonly makeWorld: () => Promise<TestWorld>;
  readonly walks: readonly Walk[];
  /** How many processes may die in one order. */
  readonly deaths: number;
  /** Whether a call is a step; one that is none happens as soon as it is made. */
  readonly isStep: (call: string) => boolean;
  /** Whether a walk that was given this answer does the same from there on whatever it was answered before. */
  readonly forgets: (call: string, answer: unknown) => boolean;
  /** What of an answer a walk goes by. */
  readonly matters: (call: string, answer: unknown) => unknown;
  /** Holds an end, at which every walk has ended or died. */
  readonly atEnd: (end: End) => Promise<void>;
}

/** Where an order has ended, and the steps that led there. */
export interface End {
  readonly world: TestWorld;
  readonly died: number;
  readonly path: string;
}

/** How large a search was. */
export interface SearchSize {
  readonly states: number;
  readonly ends: number;
  /** The steps of the longest order. */
  readonly longest: number;
}

interface Choice {
  readonly walk: number;
  readonly call: string;
  /** Whether the process dies before it has the answer. */
  readonly dies: boolean;
}

/** Searches every order; throws what `atEnd` throws. */
export async function searchOrders(search: Search): Promise<SearchSize> {
  const seen = new Set<string>();
  const size = { ends: 0, longest: 0 };
  const open: (readonly Choice[])[] = [[]];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const order = await Order.begin(search);
    for (const choice of path) await order.take(choice);
    // On along one order until that meets a state that was seen; its turnings are kept.
    for (;;) {
      const count = seen.size;
      if (seen.add(await order.state()).size === count) break;
      size.longest = Math.max(size.longest, order.path.length);
      const [next, ...others] = order.choices();
      for (const other of others) open.push([...order.path, other]);
      if (next === undefined) {
        size.ends++;
        await order.end();
        break;
      }
      await order.take(next);
    }
  }
  return { states: seen.size, ...size };
}

/** One order under way. */
class Order {
  path: readonly Choice[] = [];
  readonly #search: Search;
  readonly #world: TestWorld;
  readonly #walkers: readonly Walker[];

  private constructor(search: Search, world: TestWorld) {
    this.#search = search;
    this.#world = world;
    this.#walkers = search.walks.map((walk) => new Walker(walk, search, world));
  }

  static async begin(search: Search): Promise<Order> {
    const order = new Order(search, await search.makeWorld());
    await setImmediate();
    return order;
  }

  async take(choice: Choice): Promise<void> {
    this.path = [...this.path, choice];
    await this.#walkers[choice.walk]?.step(choice);
    // Longer than any chain of promises between two calls.
    await setImmediate();
  }

  choices(): Choice[] {
    const mayDie = this.#search.deaths > this.#died();
    return this.#walkers.flatMap((walker, walk) =>
      walker.waiting().flatMap((call) => [
        { walk, call, dies: false },
        ...(walker.isMortal && mayDie ? [{ walk, call, dies: true }] : []),
      ])
    );
  }

  async state(): Promise<string> {
    const { walks } = this.#search;
    // Of two walks that are the same one it does not matter which is where.
    const states = this.#walkers.map((walker, at) =>
      `${walks.findIndex((walk) => walk === walks[at])} ${walker.state()}`
    );
    const text = [this.#died(), ...states.sort(), ...await contentOf(this.#world)].join("\n");
    return createHash("sha1").update(text).digest("base64");
  }

  async end(): Promise<void> {
    const path = this.path.map(({ walk, call, dies }) =>
      `${this.#search.walks[walk]?.name}: ${call}${dies ? " (and dies)" : ""}`
    ).join("\n");
    assert.deepEqual(this.#walkers.flatMap(({ failures }) => failures), [], path);
    await this.#search.atEnd({ world: this.#world, died: this.#died(), path });
  }

  #died(): number {
    return this.path.filter(({ dies }) => dies).length;
  }
}

/** Everything that the stores hold, whatever the order in which it came there. */
async function contentOf({ raw, processed, erasures, rows }: TestWorld): Promise<string[]> {
  const held = [...rows.rows(), "waits", ...rows.backlog()].map(textOf);
  for (const [index, store] of [raw, processed, erasures].entries()) {
    for (const name of store.names() as ObjectName[]) { // its own names
      const facts = await store.stat(name);
      held.push(`${index} ${name} ${facts?.generation} ${textOf(await store.read(name))}`);
    }
  }
  return held.sort();
}

/** An answer or an object's bytes as text, without checksums, which cost time. */
function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  return JSON.stringify(value, (key, each) => key === "crc32c" ? undefined : each) ?? "";
}

/** A walk whose calls wait to be let through. */
class Walker {
  readonly isMortal: boolean;
  readonly failures: string[] = [];
  readonly #waiting = new Map<string, { act(): Promise<unknown>; answer(value: unknown): void }>();
  readonly #calls = new Map<string, number>();
  readonly #search: Search;
  /** What it goes by: the answers since the last one that makes those before it nothing. */
  #answers: (readonly [call: string, value: unknown])[] = [];
  #state = "runs";

  constructor({ run, isMortal = false }: Walk, search: Search, { ports }: TestWorld) {
    this.isMortal = isMortal;
    this.#search = search;
    const { raw, processed, erasures, rows, records } = ports;
    const gated = Object.entries({ raw, processed, erasures, rows, records })
      .map(([store, port]) => [
        store,
        stepping<object>(
          port,
          (act, call, subject) => this.#call(`${store}.${call} ${nameOf(subject)}`, act),
        ),
      ]);
    run({ ...ports, ...Object.fromEntries(gated) }).then(
      () => this.#state = "ended",
      (error) => this.failures.push(String(error)),
    );
  }

  waiting(): string[] {
    return this.#state === "runs" ? [...this.#waiting.keys()] : [];
  }

  /** A walk that is over has no more to do with its answers. */
  state(): string {
    if (this.#state !== "runs") return this.#state;
    const { matters } = this.#search;
    const texts = this.#answers.map(([call, value]) => `${call} ${textOf(matters(call, value))}`);
    return texts.sort().join();
  }

  async step({ call, dies }: Choice): Promise<void> {
    const waiting = this.#waiting.get(call);
    assert.ok(waiting !== undefined, `${call} does not wait: the walk is not the same each time`);
    this.#waiting.delete(call);
    const value = await waiting.act();
    this.#remember(call, value);
    if (dies) this.#state = "died";
    else waiting.answer(value);
  }

  async #call(name: string, run: () => unknown): Promise<unknown> {
    const times = (this.#calls.get(name) ?? 0) + 1;
    this.#calls.set(name, times);
    const call = `${name} ${times}`;
    const act = async () => await run();
    if (this.#search.isStep(name)) {
      return await new Promise((answer) => this.#waiting.set(call, { act, answer }));
    }
    const value = await act();
    this.#remember(call, value);
    return value;
  }

  #remember(call: string, value: unknown): void {
    if (this.#search.forgets(call, value)) this.#answers = [];
    this.#answers.push([call, value]);
  }
}

/** What a call is about: a name, a listing's prefix, an image. */
function nameOf(subject: unknown): string {
  if (typeof subject === "string") return subject;
  const { prefix = "", imageId = prefix }: { prefix?: string; imageId?: string } = subject ?? {};
  return imageId;
}
