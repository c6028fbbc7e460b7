/**
 * Runs walks over the ports in every order of their steps, and with a process that dies after any of them.
 *
 * A step is a port call: it waits until the search lets it happen. A state is what the stores hold and which answers each
 * walk has been given, as a walk does nothing that does not follow from its answers; a generation is named after the write
 * of its name it was, so that writes of two names have no order. Every order is covered, and each state is left once by
 * each of its steps: to come back to a state, the stores are put back and the walks given their answers again.
 */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import type { TestWorld, WorldPorts } from "../testing/test_world.ts";
import { StateTexts, textOf } from "./_state_texts_testing.ts";

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

/** A search under way. */
interface Searching extends Search {
  readonly texts: StateTexts;
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

/** Where one order has come to. */
interface Position {
  readonly walkers: readonly Walker[];
  readonly path: readonly Choice[];
}

/** Searches every order; throws what `atEnd` throws, with the order that led there in its message. */
export async function searchOrders(wanted: Search): Promise<SearchSize> {
  const search = { ...wanted, texts: new StateTexts() };
  await search.texts.add(search.world);
  const seen = new Set<string>();
  const fresh = search.walks.map(() => ({ state: "runs", answers: new Map() }) as const);
  const begin = checkpointOf(search, fresh, []);
  const open: [Checkpoint, Choice | undefined][] = [[begin, undefined]];
  const size = { steps: 0, ends: 0, longest: 0 };
  for (let turning = open.pop(); turning !== undefined; turning = open.pop()) {
    const [from, taken] = turning;
    const walkers = resume(search, from);
    let { path } = from;
    // On along one order until that meets a state that was seen; its turnings are kept.
    for (let next = taken, isFirst = true; next !== undefined || isFirst; isFirst = false) {
      if (next !== undefined) {
        const walker = walkers[next.walk] ?? assert.fail();
        await wake([walker]);
        await walker.step(next);
        await settle();
        path = [...path, next];
        size.steps++;
      }
      const count = seen.size;
      if (seen.add(await stateOf(search, { walkers, path })).size === count) break;
      size.longest = Math.max(size.longest, path.length);
      await wake(walkers);
      const [first, ...others] = choicesOf(search, { walkers, path });
      if (others.length > 0) {
        const walks = walkers.map((walker) => walker.memory());
        const turned = checkpointOf(search, walks, path);
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
  { world, texts }: Searching,
  walks: readonly WalkMemory[],
  path: readonly Choice[],
): Checkpoint {
  const { nowMs } = world.clock;
  const parts = [world.raw, world.processed, world.erasures, world.rows, texts];
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

/** Puts the stores back; the walks stay asleep, as most steps lead to a state that was seen before. */
function resume(search: Searching, from: Checkpoint): readonly Walker[] {
  from.restore();
  return search.walks.map((walk, at) => new Walker(walk, search, from.walks[at] ?? assert.fail()));
}

/** Brings walks to where their memory ends. */
async function wake(walkers: readonly Walker[]): Promise<void> {
  const isAnyWoken = walkers.map((walker) => walker.wake()).includes(true);
  if (isAnyWoken) await settle();
}

async function stateOf(
  { world, walks, deaths, texts }: Searching,
  { walkers, path }: Position,
): Promise<string> {
  // Of two walks that are the same one it does not matter which is where.
  const states = walkers.map((walker, at) =>
    `${walks.indexOf(walks[at] ?? assert.fail())} ${walker.state()}`
  );
  return [deaths - diedOf(path), await texts.ofContent(world), ...states.sort()].join("|");
}

function choicesOf({ deaths }: Search, { walkers, path }: Position): Choice[] {
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

async function holdEnd({ walks, atEnd }: Search, { walkers, path }: Position): Promise<void> {
  const text = path.map(({ walk, call, dies }) =>
    `${walks[walk]?.name}: ${call}${dies ? " (and dies)" : ""}`
  ).join("\n");
  assert.deepEqual(walkers.flatMap(({ failures }) => failures), [], text);
  await atEnd({ died: diedOf(path), path: text });
}

/** A walk as far as it came: the answers that it was given, by their calls. */
interface WalkMemory {
  readonly state: "runs" | "ended" | "died";
  readonly answers: ReadonlyMap<string, Answer>;
}

interface Answer {
  readonly value: unknown;
  /** The text of its call and of what matters of it, by number. */
  readonly text: number;
  /** Whether nothing before it matters any more. */
  readonly forgets: boolean;
}

/** A walk whose calls wait to be let through. */
class Walker {
  readonly isMortal: boolean;
  readonly failures: unknown[] = [];
  readonly #waiting = new Map<string, { act(): Promise<unknown>; answer(value: unknown): void }>();
  readonly #calls = new Map<string, number>();
  readonly #search: Searching;
  readonly #run: Walk["run"];
  #answers: WalkMemory["answers"];
  #state: WalkMemory["state"];
  #isAwake = false;

  constructor({ run, isMortal = false }: Walk, search: Searching, { state, answers }: WalkMemory) {
    this.isMortal = isMortal;
    this.#run = run;
    this.#search = search;
    this.#state = state;
    this.#answers = answers;
  }

  /** Gives the walk its answers again, unless it has them or is over; answers whether it runs from now on. */
  wake(): boolean {
    if (this.#isAwake || this.#state !== "runs") return false;
    this.#isAwake = true;
    const { raw, processed, erasures, rows, records } = this.#search.world.ports;
    const ports = {
      ...this.#search.world.ports,
      raw: this.#gated("raw", raw),
      processed: this.#gated("processed", processed),
      erasures: this.#gated("erasures", erasures),
      rows: this.#gated("rows", rows),
      records: this.#gated("records", records),
    };
    this.#run(ports).then(
      () => this.#state = "ended",
      (error) => this.failures.push(String(error)),
    );
    return true;
  }

  waiting(): string[] {
    return this.#state === "runs" ? [...this.#waiting.keys()] : [];
  }

  memory(): WalkMemory {
    return { state: this.#state, answers: this.#answers };
  }

  /** Which answers it has been given; a walk that is over has no more to do with them. */
  state(): string {
    if (this.#state !== "runs") return this.#state;
    const answers = [...this.#answers.values()];
    const from = answers.findLastIndex(({ forgets }) => forgets);
    return answers.slice(Math.max(0, from)).map(({ text }) => text).sort().join();
  }

  async step({ call, dies }: Choice): Promise<void> {
    const waiting = this.#waiting.get(call);
    assert.ok(waiting !== undefined, `${call} does not wait: the walk is not the same each time`);
    this.#waiting.delete(call);
    const value = await waiting.act();
    this.#search.texts.note(call, value);
    this.#remember(call, value);
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
    const answered = this.#answers.get(call);
    if (answered !== undefined) return answered.value;
    if (this.#search.isStep(name)) {
      return await new Promise((answer) => this.#waiting.set(call, { act, answer }));
    }
    const value = await act();
    this.#remember(call, value);
    return value;
  }

  /** Checkpoints hold the answers of before. */
  #remember(call: string, value: unknown): void {
    const { forgets, matters, texts } = this.#search;
    const text = texts.of(`${call} ${textOf(matters(call, value))}`);
    const answer = { value, text, forgets: forgets(call, value) };
    this.#answers = new Map(this.#answers).set(call, answer);
  }
}

/** What a call is about: a name, a listing's prefix, an image. */
function subjectOf(input: unknown): string {
  if (typeof input === "string") return input;
  if (typeof input !== "object" || input === null) return "";
  const subject = "prefix" in input ? input.prefix : "imageId" in input ? input.imageId : "";
  return String(subject);
}

/** Longer than any chain of promises between two calls. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => void setImmediate(resolve));
}
