/**
 * Runs walks over the ports in every order of their steps, and with a process that dies after any of them.
 *
 * A step is a port call: it waits until the search lets it happen. A state is what the stores hold and which answers each
 * walk has been given, as a walk does nothing that does not follow from its answers; a generation is told by which write
 * of its name it was, so that writes of two names have no order. Every order is covered, and each state is left once by
 * each of its steps: to come back to a state, the stores are put back and the walks given their answers again.
 */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import type { TestWorld, WorldPorts } from "../testing/test_world.ts";

/** How many generations the processed bucket of a searched world must begin with, so that it shares none with the raw one. */
export const PROCESSED_GENERATIONS_BEFORE = 50_000_000;

/** One of the walks that run at once. */
export interface Walk {
  readonly name: string;
  /** Whether its process may die. */
  readonly isMortal?: boolean;
  readonly run: (ports: WorldPorts) => Promise<unknown>;
}

/** What to search. */
export interface Search {
  /** Its hashing must need no more than microtasks. */
  readonly world: TestWorld;
  readonly walks: readonly Walk[];
  /** How many processes may die in one order. */
  readonly deaths: number;
  /** Whether a call is a step; one that is none happens as soon as it is made. */
  readonly isStep: (call: string) => boolean;
  /** Whether a walk that was given this answer does the same from there on whatever it was answered before. */
  readonly forgets: (call: string, answer: unknown) => boolean;
  /** What of an answer a walk goes by. */
  readonly matters: (call: string, answer: unknown) => unknown;
  /** Holds an end, at which every walk has ended or died; the world is put back afterwards. */
  readonly atEnd: (end: { readonly died: number; readonly path: string }) => Promise<void>;
}

/** How large a search was. */
export interface SearchSize {
  readonly states: number;
  readonly steps: number;
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

/** A state to come back to, and the steps that led there. */
interface Checkpoint {
  readonly restore: () => void;
  readonly walks: readonly WalkMemory[];
  readonly path: readonly Choice[];
}

/** Searches every order; throws what `atEnd` throws, with the order that led there in its message. */
export async function searchOrders(search: Search): Promise<SearchSize> {
  const generations = new Generations();
  await generations.add(search.world);
  const seen = new Set<string>();
  const fresh = search.walks.map(() => ({ state: "runs", answers: new Map() }) as const);
  const begin = checkpointOf(search, { generations, walks: fresh, path: [] });
  const open: [Checkpoint, Choice | undefined][] = [[begin, undefined]];
  const size = { steps: 0, ends: 0, longest: 0 };
  for (let turning = open.pop(); turning !== undefined; turning = open.pop()) {
    const [from, taken] = turning;
    const walkers = await resume(search, { from, generations });
    let { path } = from;
    // On along one order until that meets a state that was seen; its turnings are kept.
    for (let next = taken, isFirst = true; next !== undefined || isFirst; isFirst = false) {
      if (next !== undefined) {
        await walkers[next.walk]?.step(next);
        await settle();
        path = [...path, next];
        size.steps++;
      }
      if (!isNew(seen, await stateOf(search, { walkers, generations, path }))) break;
      size.longest = Math.max(size.longest, path.length);
      const [first, ...others] = choicesOf(search, { walkers, path });
      const walks = walkers.map((walker) => walker.memory());
      if (others.length > 0) {
        const turned = checkpointOf(search, { generations, walks, path });
        for (const choice of others) open.push([turned, choice]);
      }
      if (first === undefined) {
        size.ends++;
        await holdEnd(search, { walkers, path });
      }
      next = first;
    }
  }
  return { states: seen.size, ...size };
}

function checkpointOf(
  { world }: Search,
  { generations, walks, path }: {
    readonly generations: Generations;
    readonly walks: readonly WalkMemory[];
    readonly path: readonly Choice[];
  },
): Checkpoint {
  const { nowMs } = world.clock;
  const parts = [world.raw, world.processed, world.rows, generations];
  const restores = parts.map((part) => part.checkpoint());
  return {
    walks,
    path,
    restore() {
      world.clock.nowMs = nowMs;
      for (const restore of restores) restore();
    },
  };
}

async function resume(
  search: Search,
  { from, generations }: { readonly from: Checkpoint; readonly generations: Generations },
): Promise<readonly Walker[]> {
  from.restore();
  const walkers = search.walks.map((walk, at) => {
    const memory = from.walks[at] ?? assert.fail();
    return new Walker(walk, { search, generations, memory });
  });
  await settle();
  return walkers;
}

function isNew(seen: Set<string>, state: string): boolean {
  const { size } = seen;
  return seen.add(hashOf(state)).size > size;
}

async function stateOf(
  { world, walks, deaths }: Search,
  { walkers, generations, path }: {
    readonly walkers: readonly Walker[];
    readonly generations: Generations;
    readonly path: readonly Choice[];
  },
): Promise<string> {
  const content = await contentOf(world, generations);
  // Of two walks that are the same one it does not matter which is where.
  const told = walkers.map((walker, at) =>
    JSON.stringify([walks.indexOf(walks[at] ?? assert.fail()), walker.state()])
  );
  return JSON.stringify([deaths - diedOf(path), content, told.sort()]);
}

function choicesOf(
  { deaths }: Search,
  { walkers, path }: { readonly walkers: readonly Walker[]; readonly path: readonly Choice[] },
): Choice[] {
  const mayDie = deaths > diedOf(path);
  return walkers.flatMap((walker, walk) =>
    walker.waiting().flatMap((call): Choice[] => [
      { walk, call, dies: false },
      ...(walker.isMortal && mayDie ? [{ walk, call, dies: true }] : []),
    ])
  );
}

function diedOf(path: readonly Choice[]): number {
  return path.filter(({ dies }) => dies).length;
}

async function holdEnd(
  { walks, atEnd }: Search,
  { walkers, path }: { readonly walkers: readonly Walker[]; readonly path: readonly Choice[] },
): Promise<void> {
  const text = path.map(({ walk, call, dies }) =>
    `${walks[walk]?.name}: ${call}${dies ? " (and dies)" : ""}`
  ).join("\n");
  assert.deepEqual(walkers.flatMap(({ failures }) => failures), [], text);
  await atEnd({ died: diedOf(path), path: text });
}

/** A walk as far as it came: the answers that it was given, by their calls. */
interface WalkMemory {
  readonly state: "runs" | "ended" | "died";
  readonly answers: ReadonlyMap<string, unknown>;
}

/** A walk whose calls wait to be let through. */
class Walker {
  readonly isMortal: boolean;
  readonly failures: unknown[] = [];
  readonly #waiting = new Map<string, { act(): Promise<unknown>; answer(value: unknown): void }>();
  readonly #calls = new Map<string, number>();
  readonly #answers: Map<string, unknown>;
  readonly #generations: Generations;
  readonly #search: Search;
  #state: WalkMemory["state"];

  constructor(
    { run, isMortal = false }: Walk,
    { search, generations, memory }: {
      readonly search: Search;
      readonly generations: Generations;
      readonly memory: WalkMemory;
    },
  ) {
    this.isMortal = isMortal;
    this.#search = search;
    this.#generations = generations;
    this.#state = memory.state;
    this.#answers = new Map(memory.answers);
    if (memory.state !== "runs") return;
    const { raw, processed, rows } = search.world.ports;
    const ports = {
      ...search.world.ports,
      raw: this.#gated("raw", raw),
      processed: this.#gated("processed", processed),
      rows: this.#gated("rows", rows),
    };
    run(ports).then(() => this.#state = "ended", (error) => this.failures.push(String(error)));
  }

  waiting(): string[] {
    return this.#state === "runs" ? [...this.#waiting.keys()] : [];
  }

  memory(): WalkMemory {
    return { state: this.#state, answers: new Map(this.#answers) };
  }

  /** Which answers it has been given; a walk that is over has no more to do with them. */
  state(): unknown {
    if (this.#state !== "runs") return this.#state;
    const { forgets, matters } = this.#search;
    const answers = [...this.#answers];
    const from = answers.findLastIndex(([call, value]) => forgets(call, value));
    const told = answers.slice(Math.max(0, from)).map(([call, value]) =>
      `${call} ${this.#generations.in(textOf(matters(call, value)))}`
    );
    return told.sort();
  }

  async step({ call, dies }: Choice): Promise<void> {
    const waiting = this.#waiting.get(call);
    assert.ok(waiting !== undefined, `${call} does not wait: the walk is not the same each time`);
    this.#waiting.delete(call);
    const value = await waiting.act();
    this.#generations.note(call, value);
    this.#answers.set(call, value);
    if (dies) this.#state = "died";
    else waiting.answer(value);
  }

  #gated<Port extends object>(store: string, port: Port): Port {
    return new Proxy(port, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key, target);
        if (typeof member !== "function") return member;
        return (...input: unknown[]) => {
          const act = async (): Promise<unknown> => await Reflect.apply(member, target, input);
          return this.#call(`${store}.${String(key)} ${subjectOf(input[0])}`, act);
        };
      },
    });
  }

  async #call(name: string, act: () => Promise<unknown>): Promise<unknown> {
    const times = (this.#calls.get(name) ?? 0) + 1;
    this.#calls.set(name, times);
    const call = `${name} ${times}`;
    if (this.#answers.has(call)) return this.#answers.get(call);
    if (this.#search.isStep(name)) {
      return await new Promise((answer) => this.#waiting.set(call, { act, answer }));
    }
    const value = await act();
    this.#answers.set(call, value);
    return value;
  }
}

/** What a call is about: a name, a listing's prefix, an image. */
function subjectOf(input: unknown): string {
  if (typeof input === "string") return input;
  if (typeof input !== "object" || input === null) return "";
  const subject = "prefix" in input ? input.prefix : "imageId" in input ? input.imageId : "";
  return String(subject);
}

/** Everything that the stores hold, whatever the order in which it came there. */
async function contentOf(
  { raw, processed, rows }: TestWorld,
  generations: Generations,
): Promise<unknown> {
  const stores = [raw, processed].map(async (store) => {
    const texts = store.names().map(async (name) => {
      const facts = await store.stat(name as Parameters<typeof store.stat>[0]); // one of its own names
      const bytes = await store.read(name as Parameters<typeof store.read>[0]); // likewise
      return generations.in(`${name} ${facts?.generation} ${textOf(bytes)}`);
    });
    return await Promise.all(texts);
  });
  const held = rows.rows().map((row) => generations.in(JSON.stringify(row))).sort();
  return [await Promise.all(stores), held];
}

/** A memory store's generations count all of its writes; here each is told by its name and how often that was written. */
class Generations {
  readonly #told = new Map<string, string>();
  #writes = new Map<string, number>();

  /** Takes what was there before the walks began. */
  async add({ raw, processed }: TestWorld): Promise<void> {
    for (const store of [raw, processed]) {
      const { objects } = await store.list({ prefix: "" });
      for (const { name, generation } of objects) this.#add(name, generation);
    }
  }

  checkpoint(): () => void {
    const writes = new Map(this.#writes);
    return () => void (this.#writes = new Map(writes));
  }

  /** Takes the generation that a call wrote, if it wrote one. */
  note(call: string, value: unknown): void {
    const [operation = "", name = ""] = call.split(" ");
    if (operation.endsWith(".replace") && typeof value === "string") this.#add(name, value);
    if (!operation.endsWith(".create") || typeof value !== "object" || value === null) return;
    if ("generation" in value) this.#add(name, String(value.generation));
  }

  /** The text with every generation told so. */
  in(text: string): string {
    return text.replaceAll(/17000000\d{8}/g, (generation) => {
      const told = this.#told.get(generation);
      assert.ok(told !== undefined, `${generation} is of a write that was no step`);
      return told;
    });
  }

  #add(name: string, generation: string): void {
    const write = (this.#writes.get(name) ?? 0) + 1;
    this.#writes.set(name, write);
    this.#told.set(generation, `${name}#${write}`);
  }
}

/** An answer or an object's bytes as text, without checksums, which go by generations where the bytes name some. */
function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  return JSON.stringify(value, (key, each) => key === "crc32c" ? undefined : each) ?? "";
}

/** Longer than any chain of promises between two calls. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => void setImmediate(resolve));
}

/** Two of cyrb53, so that 10^5 states do not meet by chance. */
function hashOf(text: string): string {
  return `${cyrb53(text, 1)}${cyrb53(text, 2)}`;
}

function cyrb53(text: string, seed: number): string {
  let [a, b] = [0xdeadbeef ^ seed, 0x41c6ce57 ^ seed];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ a >>> 16, 2246822507) ^ Math.imul(b ^ b >>> 13, 3266489909);
  b = Math.imul(b ^ b >>> 16, 2246822507) ^ Math.imul(a ^ a >>> 13, 3266489909);
  return (b >>> 0).toString(36) + "." + (a >>> 0).toString(36);
}
