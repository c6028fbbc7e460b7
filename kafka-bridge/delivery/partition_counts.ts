/**
 * What one partition has taken of its tenants' days. It travels in the metadata of its offset's commit: what lies behind
 * that offset (`used`), what the partition may take at most (`limit`), and what it asks for (`asked`), which holds others
 * back until it is the limit or is withdrawn. A limit is committed before it is used. So whoever reads on from there takes
 * the same records, and all partitions together never more than the quota.
 */
import { hasRoom, type QuotaAmount } from "@tintype/core/ingest/quota_exceeded";

/** A UTC day and a tenant: `2026-11-30/stream`. */
export type DayKey = string;

interface Count {
  used: QuotaAmount;
  /** What is used, and what is pending. */
  taken: QuotaAmount;
  limit: QuotaAmount;
  /** The limit of the last commit: no more than that is used. */
  committedLimit: QuotaAmount;
  asked: QuotaAmount | undefined;
  /** Bytes of what is taken and not behind the committed offset, by offset. */
  readonly pending: Map<bigint, number>;
}

/** What is taken, what may be, and what is asked for or may be. */
interface CountFacts extends Pick<Count, "used" | "limit"> {
  readonly asked: QuotaAmount;
}

/** Kafka's default of `offset.metadata.max.bytes`. */
const MAX_BYTES = 4_096;
const VERSION = "q1";
const NOTHING: QuotaAmount = { images: 0, bytes: 0 };
const ENTRY = /^(\d{4}-\d\d-\d\d\/[a-z0-9-]+)=(\d+(?:\.\d+){5})$/;

/** Reads the metadata of a commit; what is none of ours counts nothing. */
export function parseCounts(metadata: string): ReadonlyMap<DayKey, CountFacts> {
  const [version, ...entries] = metadata.split(" ");
  if (version !== VERSION) return new Map();
  return new Map(entries.flatMap((entry) => {
    const [, key, text] = ENTRY.exec(entry) ?? [];
    if (key === undefined || text === undefined) return [];
    const numbers = text.split(".").map(Number);
    const amountAt = (at: number) => ({ images: numbers[at] ?? 0, bytes: numbers[at + 1] ?? 0 });
    return [[key, { used: amountAt(0), limit: amountAt(2), asked: amountAt(4) }]];
  }));
}

/** The metadata of a commit. */
export interface CountsCommit {
  readonly metadata: string;
  /** To be called when the group has it. */
  readonly onTaken: () => void;
}

/** The counts of one partition under one lease. */
export class PartitionCounts {
  readonly #counts = new Map<DayKey, Count>();
  #version = 0;
  #committedVersion = 0;
  #committed: string;

  /** `committed` is the metadata; days before `fromDay` are over. */
  constructor(committed: string, fromDay: string) {
    this.#committed = committed;
    for (const [key, { used, limit, asked }] of parseCounts(committed)) {
      if (key < fromDay) continue;
      this.#counts.set(key, { ...newCount(), used, taken: used, limit, committedLimit: limit });
      // Whoever asked is no more: it is withdrawn by the next commit.
      if (!hasRoom(limit, asked)) this.#version++;
    }
  }

  /** The metadata that was read or committed last. */
  get committed(): string {
    return this.#committed;
  }

  /** Whether something is to be committed although no offset moved: a limit, or what of it is not needed any more. */
  get needsCommit(): boolean {
    return this.#isDirty || [...this.#counts.values()].some(isIdle);
  }

  get #isDirty(): boolean {
    return this.#version > this.#committedVersion;
  }

  /** Takes a record's image where the limit has room for it; one that was taken stays so, with these bytes. */
  take(offset: bigint, key: DayKey, bytes: number): boolean {
    const count = this.#countOf(key);
    if (count.pending.has(offset)) return true;
    const more = { images: 1, bytes };
    const isIn = [count.limit, count.committedLimit]
      .every((limit) => hasRoom(minus(limit, count.taken), more));
    if (!isIn) return false;
    count.pending.set(offset, bytes);
    count.taken = plus(count.taken, more);
    return true;
  }

  /** Counts a taken image with fewer bytes, or, without any, gives it back. */
  settle(offset: bigint, key: DayKey, bytes?: number): void {
    const count = this.#countOf(key);
    const held = count.pending.get(offset);
    if (held === undefined) return;
    if (bytes === undefined) return giveBack(count, offset, held);
    const less = Math.max(0, held - bytes);
    count.pending.set(offset, held - less);
    count.taken = minus(count.taken, { images: 0, bytes: less });
  }

  /** Forgets what was taken from an offset on: it comes again. */
  restart(from: bigint): void {
    for (const count of this.#counts.values()) {
      for (const [offset, bytes] of [...count.pending]) {
        if (offset >= from) giveBack(count, offset, bytes);
      }
    }
  }

  /** What is taken and what may be. */
  countOf(key: DayKey): CountFacts {
    const { taken: used, limit, asked = limit } = this.#countOf(key);
    return { used, limit, asked };
  }

  /** Asks for a limit, or for none any more; others see it when it is committed. */
  ask(key: DayKey, asked: QuotaAmount | undefined): void {
    const count = this.#countOf(key);
    if (asked === undefined && count.asked === undefined) return;
    count.asked = asked;
    this.#version++;
  }

  /** Makes the limit what was asked for; it holds when it is committed. */
  grant(key: DayKey): void {
    const count = this.#countOf(key);
    count.limit = count.asked ?? count.limit;
    this.ask(key, undefined);
  }

  /**
   * The metadata of a commit of the next offset. A limit that nothing under way needs falls to what is used, now: what is
   * not needed here others may take. Called for one commit at a time; `onTaken` is called when that was taken.
   */
  beginCommit(next: bigint): CountsCommit {
    const version = this.#version;
    const entries: string[] = [];
    const limits = new Map<Count, QuotaAmount>();
    for (const [key, count] of [...this.#counts].sort(([a], [b]) => b < a ? -1 : 1)) {
      const behind = [...count.pending].filter(([offset]) => offset < next);
      const used = behind.reduce((sum, [, bytes]) => plus(sum, { images: 1, bytes }), count.used);
      if (behind.length === count.pending.size && !this.#isDirty) count.limit = used;
      const { limit, asked = limit } = count;
      limits.set(count, limit);
      if (used.images === 0 && asked.images === 0) continue;
      const amounts = [used, limit, asked].map(({ images, bytes }) => `${images}.${bytes}`);
      entries.push(`${key}=${amounts.join(".")}`);
    }
    const metadata = withinLimit(entries);
    const onTaken = () => {
      for (const [count, limit] of limits) count.committedLimit = limit;
      this.#committed = metadata;
      this.#committedVersion = version;
      this.#fold(next);
    };
    return { metadata, onTaken };
  }

  /** What is taken before an offset lies behind the commit now. */
  #fold(next: bigint): void {
    for (const count of this.#counts.values()) {
      for (const [offset, bytes] of [...count.pending]) {
        if (offset >= next) continue;
        count.used = plus(count.used, { images: 1, bytes });
        count.pending.delete(offset);
      }
    }
  }

  #countOf(key: DayKey): Count {
    const held = this.#counts.get(key);
    if (held !== undefined) return held;
    const count = newCount();
    this.#counts.set(key, count);
    return count;
  }
}

/** As many entries as a commit takes, the newest days first: what is cut is not known after a restart. */
function withinLimit(entries: readonly string[]): string {
  let text = VERSION;
  for (const entry of entries) {
    if (text.length + 1 + entry.length > MAX_BYTES) break;
    text += ` ${entry}`;
  }
  return entries.length === 0 ? "" : text;
}

function newCount(): Count {
  const amounts = { used: NOTHING, taken: NOTHING, limit: NOTHING, committedLimit: NOTHING };
  return { ...amounts, asked: undefined, pending: new Map() };
}

function isIdle({ used, limit, pending }: Count): boolean {
  return pending.size === 0 && (limit.images !== used.images || limit.bytes !== used.bytes);
}

function giveBack(count: Count, offset: bigint, bytes: number): void {
  count.pending.delete(offset);
  count.taken = minus(count.taken, { images: 1, bytes });
}

/** The sum of two amounts. */
export function plus(a: QuotaAmount, b: QuotaAmount): QuotaAmount {
  return { images: a.images + b.images, bytes: a.bytes + b.bytes };
}

/** What is left of an amount without another. */
export function minus(a: QuotaAmount, b: QuotaAmount): QuotaAmount {
  return { images: a.images - b.images, bytes: a.bytes - b.bytes };
}
