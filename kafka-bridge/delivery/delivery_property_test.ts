/**
 * Two members over two partitions, where storage, salts, dead letters, records and commits fail and answers are lost, and the group moves on,
 * all as a seed decides. At every commit and at the end everything behind it is one object, or a dead letter whose record was published.
 */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "@tintype/core/errors";
import type { ImageRecord } from "@tintype/core/model/image_record";
import type { ObjectCreator } from "@tintype/core/ports/object_store";
import { MemoryObjectStore } from "@tintype/core/testing/memory_object_store";
import { MemoryQuota } from "@tintype/core/testing/memory_quota";
import { NOT_AN_IMAGE, PNG_PIXEL } from "@tintype/core/testing/sample_images";
import { seededRandom } from "@tintype/core/seeded_random";
import type { DeadLetter, PartitionLease, SourceRecord } from "../ports.ts";
import { saltOf } from "../testing/day_salts.ts";
import {
  chunkHeaders,
  fakePorts,
  FAST_TIMINGS,
  fetchOf,
  leaseOf,
  recordOf,
} from "../testing/fake_ports.ts";
import { admitRecord } from "./admit_record.ts";
import { Bridge } from "./bridge.ts";
import type { BridgePorts } from "./partition.ts";
import { ByteBudget } from "./byte_budget.ts";

/** `TEST_SEED=n` runs one seed again. */
const SEED = Number(process.env["TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const ROUNDS = 4;
const PARTITIONS = 2;
const RECORDS = 120;
const LONGEST_STEPS = 20_000;

for (let round = 0; round < ROUNDS; round++) {
  const seed = SEED + round;
  test(`Bridge loses and doubles nothing, whatever fails and however the group moves (TEST_SEED=${seed})`, async () => {
    await playCampaign(seededRandom(seed));
  });
}

type Random = () => number;

/** Which record of a partition makes its object or is its letter. */
interface Log {
  readonly records: readonly SourceRecord[];
  /** For each offset the name of its object; undefined where it is refused. */
  readonly names: readonly (string | undefined)[];
}

async function playCampaign(random: Random): Promise<void> {
  const world = openWorld(random);
  const logs = await Promise.all(
    Array.from({ length: PARTITIONS }, (_, partition) => makeLog(random, partition)),
  );
  const partitions = logs.map((log) => new Partition(log, { ...world, random }));
  try {
    for (let step = 0; partitions.some(({ isOver }) => !isOver); step++) {
      assert.ok(step < LONGEST_STEPS, "it never ends");
      for (const partition of partitions) partition.step();
      await sleep(1);
    }
  } finally {
    await Promise.all(world.bridges.map((bridge) => bridge.drain()));
  }
  assert.deepEqual(world.ports.map(({ budget }) => budget.taken), [0, 0]);
  const wanted = logs.flatMap(({ names }) => names.filter((name) => name !== undefined));
  assert.deepEqual([...world.store.names()].sort(), [...new Set(wanted)].sort());
  const refused = logs.flatMap(({ records, names }) =>
    records.filter((_, offset) => names[offset] === undefined).map(placeOf)
  );
  assert.deepEqual([...new Set(world.letters.map(placeOf))].sort(), refused.sort());
  assert.deepEqual([...new Set(world.published.map(originOf))].sort(), refused);
  assert.equal(new Set(world.published.map(eventOf)).size, refused.length);
}

/** Two bridges before a store, a dead-letter topic and a topic of records that fail, or do the work and fail to say so. */
function openWorld(random: Random) {
  const store = new MemoryObjectStore();
  const letters: SourceRecord[] = [];
  const published: ImageRecord[] = [];
  const failing = async <Answer>(work: () => Promise<Answer>): Promise<Answer> => {
    await sleep(random() * 4);
    const dice = random();
    if (dice < 0.1) throw new AppError("unavailable", "Cannot do it");
    const answer = await work();
    if (dice < 0.2) throw new AppError("unavailable", "Cannot say that it is done");
    return answer;
  };
  const creator: ObjectCreator = { create: (...input) => failing(() => store.create(...input)) };
  const deadLetters = {
    send: (letter: DeadLetter) => failing(async () => void letters.push(letter.record)),
  };
  const records = {
    publish: (record: ImageRecord) => failing(async () => void published.push(record)),
  };
  const salts = { saltAt: (timeMs: number) => failing(() => Promise.resolve(saltOf(timeMs))) };
  const override: Partial<BridgePorts> = { creator, deadLetters, records, salts, recordsAtOnce: 6 };
  const members = [0, 1].map(() =>
    fakePorts({
      ...override,
      budget: new ByteBudget(30_000),
      timings: { ...FAST_TIMINGS, graceMs: 5_000 },
    })
  );
  const ports = members.map((member) => member.ports);
  return { store, letters, published, ports, bridges: ports.map((each) => new Bridge(each)) };
}

/** Pictures, some that are none, and chunk sets between them; the last may be whole or not begun. */
async function makeLog(random: Random, partition: number): Promise<Log> {
  const records: SourceRecord[] = [];
  const names: (string | undefined)[] = [];
  const { ports } = fakePorts();
  const open: { readonly id: string; readonly name: string; next: number; count: number }[] = [];
  while (records.length < RECORDS || open.length > 0) {
    const dice = random();
    const place = { partition, offset: BigInt(records.length) };
    const set = open[Math.floor(random() * open.length)];
    if (set !== undefined && (dice < 0.3 || records.length >= RECORDS)) {
      records.push(recordOf({ ...place, headers: chunkHeaders(set.id, set.next, set.count) }));
      names.push(set.name);
      if (++set.next === set.count) open.splice(open.indexOf(set), 1);
      continue;
    }
    const isFirst = dice < 0.4 && open.length < 3;
    const count = 2 + Math.floor(random() * 3);
    const id = `set-${place.offset}`;
    const record = isFirst
      ? recordOf({ ...place, headers: chunkHeaders(id, 0, count) })
      : recordOf({ ...place, value: dice > 0.9 ? NOT_AN_IMAGE : PNG_PIXEL });
    const name = dice > 0.9 ? undefined : await nameOf(ports, record);
    records.push(record);
    names.push(name);
    if (isFirst && name !== undefined) open.push({ id, name, next: 1, count });
  }
  return { records, names };
}

/** The name that the admission gives. */
async function nameOf(ports: BridgePorts, record: SourceRecord): Promise<string> {
  let created = "";
  const creator: ObjectCreator = {
    create: async (name) => {
      created = name;
      return { created: false };
    },
  };
  await admitRecord({ ...ports, creator, quota: new MemoryQuota() }, record);
  return created;
}

interface PartitionWorld {
  readonly store: MemoryObjectStore;
  readonly letters: readonly SourceRecord[];
  readonly published: readonly ImageRecord[];
  readonly bridges: readonly Bridge[];
  readonly random: Random;
}

/** One partition of the group: who holds it, what is committed, from where it is read. */
class Partition {
  readonly #log: Log;
  readonly #world: PartitionWorld;
  #lease: ReturnType<typeof leaseOf> | undefined;
  #bridge: Bridge | undefined;
  #position = 0;
  #committed = 0;
  /** A commit's failure is tried again: a mistake is thrown at the next step. */
  #mistake: unknown;

  constructor(log: Log, world: PartitionWorld) {
    this.#log = log;
    this.#world = world;
  }

  get isOver(): boolean {
    return this.#committed === this.#log.records.length;
  }

  /** Fetches, waits, or moves to a member. */
  step(): void {
    if (this.#mistake !== undefined) throw this.#mistake;
    const { random, bridges } = this.#world;
    if (this.#lease === undefined || random() < 0.02) {
      this.#lease?.end();
      this.#bridge = bridges[Math.floor(random() * bridges.length)];
      this.#position = this.#committed;
      this.#lease = this.#open();
    }
    const isHeldBack = this.#lease.isPaused || this.#lease.ended.aborted;
    if (isHeldBack || this.#position === this.#log.records.length) return;
    const end = this.#position + 1 + Math.floor(random() * 20);
    const records = this.#log.records.slice(this.#position, end);
    this.#position += records.length;
    const fetched = fetchOf(this.#lease, records);
    this.#bridge?.take({ ...fetched, highWatermark: BigInt(this.#log.records.length) });
  }

  #open(): ReturnType<typeof leaseOf> {
    const ended = new AbortController();
    const partition = this.#log.records[0]?.partition ?? 0;
    const lease: ReturnType<typeof leaseOf> = leaseOf({
      partition,
      ended: ended.signal,
      commit: (next) => this.#commit(lease, next),
      restart: (from) => {
        if (ended.signal.aborted) return;
        ended.abort();
        this.#position = Number(from);
        this.#lease = this.#open();
      },
    });
    lease.end = () => ended.abort();
    return lease;
  }

  async #commit(lease: PartitionLease, next: bigint): Promise<void> {
    if (lease.ended.aborted) throw new Error("The group has moved on");
    try {
      this.#requireDurable(next);
    } catch (mistake) {
      this.#mistake = mistake;
    }
    if (this.#world.random() < 0.1) throw new Error("The group does not take it");
    this.#committed = Number(next);
  }

  #requireDurable(next: bigint): void {
    const { store, letters, published } = this.#world;
    const held = new Set<string>(store.names());
    const lettered = new Set(letters.map(placeOf));
    const reported = new Set(published.map(originOf));
    for (const [offset, record] of this.#log.records.slice(0, Number(next)).entries()) {
      const name = this.#log.names[offset];
      const place = placeOf(record);
      const isRefused = lettered.has(place) && reported.has(place);
      const isDurable = name === undefined ? isRefused : held.has(name);
      assert.ok(isDurable, `${place} is not durable at a commit of ${next}`);
    }
    assert.ok(Number(next) >= this.#committed, "a commit goes back");
  }
}

/** The place of a refused record, as `placeOf` writes it. */
function originOf({ attributes: { origin = "" } }: ImageRecord): string {
  const [, partition, offset] = origin.split("/");
  return placeOf({ partition: Number(partition), offset: BigInt(offset ?? -1) });
}

function eventOf({ attributes }: ImageRecord): string {
  return attributes.event_id;
}

function placeOf({ partition, offset }: Pick<SourceRecord, "partition" | "offset">): string {
  return `${partition}/${String(offset).padStart(4, "0")}`;
}
