import { setTimeout as sleep } from "node:timers/promises";
import { isAppError } from "@tintype/core/errors";
import { maxBytesOf } from "./admit_record.ts";
import type { ByteBudget } from "./byte_budget.ts";
import { type Chunk, chunkOf } from "./chunk_headers.ts";
import { ChunkSet, INCOMPLETE_CHUNKS } from "./chunk_set.ts";
import {
  makeDeadLetter,
  makeDurable,
  type MakeDurablePorts,
  type Refusal,
  tryCreate,
} from "./make_durable.ts";
import { OffsetTracker } from "./offset_tracker.ts";
import type { Pace } from "./timings.ts";
import type { PartitionFetch, PartitionLease, SourceRecord } from "../ports.ts";

/** What a lane needs. */
export interface LanePorts extends MakeDurablePorts {
  readonly budget: ByteBudget;
  /** Records of one partition that are made durable at once. */
  readonly recordsAtOnce: number;
}

/** How a lane goes. */
export interface LaneOptions {
  readonly pace: Pace;
  /** Aborted when nothing may be begun any more. */
  readonly stopping: AbortSignal;
}

/** What a record holds beside its value, in bytes: one without a value is not for nothing. */
const RECORD_EXTRA_BYTES = 512;
const COMMIT_AFTER_RECORDS = 500;
const MAX_OPEN_SETS = 32;

/** One partition under one lease: what was fetched waits in line, is made durable side by side, and committed behind. */
export class PartitionLane {
  readonly lease: PartitionLease;
  readonly #ports: LanePorts;
  readonly #pace: Pace;
  readonly #stopping: AbortSignal;
  readonly #tracker = new OffsetTracker();
  readonly #sets = new Map<string, ChunkSet>();
  readonly #underway = new Set<Promise<void>>();
  #queue: SourceRecord[] = [];
  #taken = 0;
  #heldBytes = 0;
  #busy = 0;
  #isPaused = false;
  #endedSinceCommit = 0;
  #commit: Promise<void> | undefined;
  #endTrouble: (() => void) | undefined;
  #highWatermark = 0n;

  constructor(lease: PartitionLease, ports: LanePorts, { pace, stopping }: LaneOptions) {
    this.lease = lease;
    this.#ports = ports;
    this.#pace = pace;
    this.#stopping = AbortSignal.any([lease.ended, stopping]);
    this.#stopping.addEventListener("abort", () => this.#letGo());
    lease.ended.addEventListener("abort", () => this.#endTrouble?.());
  }

  /** Takes a fetch over. */
  push({ records, highWatermark }: PartitionFetch): void {
    this.reachesTo(highWatermark);
    if (this.#stopping.aborted) return;
    for (const record of records) {
      this.#tracker.begin(record.offset);
      this.#hold(bytesOf(record));
      this.#queue.push(record);
    }
    this.#pump();
    this.pauseOrResume();
  }

  /** The partition ends there, or behind it. */
  reachesTo(end: bigint): void {
    if (end > this.#highWatermark) this.#highWatermark = end;
  }

  /** Records that are in the partition and not durable yet. */
  get lag(): bigint {
    const next = this.#tracker.restartAt ?? this.#highWatermark;
    return this.#highWatermark > next ? this.#highWatermark - next : 0n;
  }

  /** Stops or starts the fetching by what is held and free. */
  pauseOrResume(): void {
    if (this.lease.ended.aborted) return;
    const { budget, circuit } = this.#ports;
    const isSpent = this.#stopping.aborted ||
      (circuit.isOpen ? this.#heldBytes > 0 : budget.isSpent(this.#heldBytes));
    if (!this.#isPaused && isSpent) {
      this.#isPaused = true;
      this.lease.pause();
    } else if (this.#isPaused && !isSpent && budget.isBelowLowWater(this.#heldBytes)) {
      this.#isPaused = false;
      this.lease.resume();
    }
  }

  /** Commits what is durable; gives up sets whose chunks do not come. To be called from time to time. */
  async tick(): Promise<void> {
    this.#closeSilentSets();
    this.pauseOrResume();
    await this.commit();
  }

  /** Commits behind what is durable, where that moved; a commit that is not taken is tried again at the next one. */
  async commit(): Promise<void> {
    await this.#commit;
    this.#commit ??= this.#commitOnce().finally(() => this.#commit = undefined);
    await this.#commit;
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    while (this.#underway.size > 0) await Promise.all(this.#underway);
  }

  async #commitOnce(): Promise<void> {
    const next = this.#tracker.toCommit();
    if (next === undefined || this.lease.ended.aborted) return;
    this.#endedSinceCommit = 0;
    const { metrics, trouble, log } = this.#ports;
    const { topic, partition } = this.lease;
    try {
      await this.lease.commit(next);
      this.#tracker.committed(next);
      metrics.commits.inc({ outcome: "taken" });
      this.#endTrouble?.();
      this.#endTrouble = undefined;
    } catch (error) {
      metrics.commits.inc({ outcome: "not_taken" });
      if (this.lease.ended.aborted) return;
      this.#endTrouble ??= trouble.raise("commits");
      const text = error instanceof Error ? error.name : typeof error;
      log.warn("commit_held_up", { topic, partition, text });
    }
  }

  #pump(): void {
    while (!this.#stopping.aborted && this.#busy < this.#ports.recordsAtOnce) {
      const record = this.#queue[this.#taken];
      if (record === undefined) {
        this.#queue = [];
        this.#taken = 0;
        return;
      }
      this.#taken++;
      if (2 * this.#taken > this.#queue.length && this.#taken > 256) {
        this.#queue = this.#queue.slice(this.#taken);
        this.#taken = 0;
      }
      this.#begin(record);
    }
  }

  #begin(record: SourceRecord): void {
    this.#ports.passing?.("fetched");
    const chunk = this.#chunkOf(record);
    if (chunk === undefined) return this.#work(record, () => this.#deliver(record));
    if ("reason" in chunk) return this.#work(record, () => this.#refuse(record, chunk));
    const open = this.#sets.get(chunk.id);
    if (open !== undefined) return this.#addChunk(open, record, chunk);
    if (chunk.index === 0) return this.#openSet(record, chunk);
    const message = "Cannot take chunk as the set of which it is does not begin before it";
    this.#work(record, () => this.#refuse(record, { reason: INCOMPLETE_CHUNKS, message }));
  }

  #chunkOf(record: SourceRecord): Chunk | Refusal | undefined {
    try {
      return chunkOf(record);
    } catch (error) {
      if (!isAppError(error)) throw error;
      return { reason: error.code, message: error.publicMessage };
    }
  }

  /** Does a record's work beside the others' and gives its bytes back at its end. */
  #work(record: SourceRecord, act: () => Promise<boolean>): void {
    this.#busy++;
    this.#watch(async () => {
      try {
        if (await act()) this.#end(record.offset);
      } finally {
        this.#busy--;
        this.#release(bytesOf(record));
        this.#pump();
      }
    });
  }

  async #deliver(record: SourceRecord): Promise<boolean> {
    const { byteLength = 0 } = record.value ?? {};
    const isDurable = await makeDurable(this.#ports, record, this.#tryOptions());
    if (isDurable) this.#ports.metrics.bytes.inc(byteLength);
    return isDurable;
  }

  async #refuse(record: SourceRecord, refusal: Refusal): Promise<boolean> {
    return await makeDeadLetter(this.#ports, { record, ...refusal }, this.#tryOptions());
  }

  #openSet(first: SourceRecord, chunk: Chunk): void {
    let maxBytes: number;
    try {
      maxBytes = maxBytesOf(this.#ports, first);
    } catch {
      maxBytes = 0; // The admission refuses it and says why.
    }
    const set = new ChunkSet({ chunk, maxBytes, onReleased: (bytes) => this.#release(bytes) });
    const [oldest] = this.#sets;
    if (this.#sets.size >= MAX_OPEN_SETS) {
      oldest?.[1].close("Cannot take image as too many others were begun before its last chunk");
    }
    this.#sets.set(chunk.id, set);
    const span = this.#tracker.span(first.offset);
    this.#addChunk(set, first, chunk);
    this.#watch(async () => {
      try {
        const isDurable = await this.#deliverSet(set, first);
        if (!isDurable) return;
        this.#ports.metrics.bytes.inc(set.bytes);
        span.last = set.members.at(-1)?.offset ?? first.offset;
        for (const { offset } of set.members) this.#end(offset);
      } finally {
        set.discard();
        if (this.#sets.get(chunk.id) === set) this.#sets.delete(chunk.id);
      }
    });
  }

  #addChunk(set: ChunkSet, record: SourceRecord, chunk: Chunk): void {
    this.#release(RECORD_EXTRA_BYTES);
    set.add(record, chunk);
    if (chunk.index > 0) this.#ports.passing?.("assembling");
  }

  /** The whole set as one object, or each of its records as a dead letter: true. False where neither could be. */
  async #deliverSet(set: ChunkSet, first: SourceRecord): Promise<boolean> {
    const outcome = await tryCreate(this.#ports, first, {
      stream: set.stream,
      signal: this.#stopping,
    });
    set.discard();
    if (outcome === "storage") {
      await this.#startAgain();
      return false;
    }
    await Promise.race([set.complete, aborted(this.#stopping)]);
    if (this.#stopping.aborted) return false;
    if (outcome === undefined) return true;
    const refusal = set.closedFor === undefined
      ? outcome
      : { reason: INCOMPLETE_CHUNKS, message: set.closedFor };
    for (const record of set.members) {
      const letter = { record, ...refusal, isValueOmitted: true };
      if (!await makeDeadLetter(this.#ports, letter, this.#tryOptions())) return false;
    }
    return true;
  }

  /** A stream is read only once: what is not durable is fetched again. */
  async #startAgain(): Promise<void> {
    if (this.#stopping.aborted) return;
    this.#ports.metrics.retries.inc({ what: "storage" });
    const endTrouble = this.#ports.trouble.raise("storage");
    const { signal } = { signal: this.#stopping };
    await sleep(this.#pace.minDelayMs, undefined, { signal }).catch(() => undefined);
    await this.#ports.circuit.pass(this.#stopping);
    endTrouble();
    const from = this.#tracker.restartAt;
    if (from !== undefined && !this.lease.ended.aborted) this.lease.restart(from);
  }

  #closeSilentSets(): void {
    const isAtEnd = (this.#tracker.last ?? -1n) + 1n >= this.#highWatermark;
    if (!isAtEnd || this.#isPaused || this.#queue.length > this.#taken) return;
    const silentSinceMs = performance.now() - this.#pace.chunkSilenceMs;
    for (const set of this.#sets.values()) {
      if (set.heardAtMs < silentSinceMs) {
        set.close("Cannot take image as its last chunks did not come in time");
      }
    }
  }

  #end(offset: bigint): void {
    this.#ports.passing?.("marked");
    this.#tracker.end(offset);
    if (++this.#endedSinceCommit >= COMMIT_AFTER_RECORDS) void this.commit();
  }

  #watch(work: () => Promise<void>): void {
    const one = work().finally(() => this.#underway.delete(one));
    this.#underway.add(one);
  }

  #hold(bytes: number): void {
    this.#heldBytes += bytes;
    this.#ports.budget.take(bytes);
  }

  #release(bytes: number): void {
    this.#heldBytes -= bytes;
    this.#ports.budget.giveBack(bytes);
    if (this.#isPaused) this.pauseOrResume();
  }

  /** Nothing more is begun, and no chunk more comes for what is open: all of it comes again, from its beginning. */
  #letGo(): void {
    for (const set of this.#sets.values()) set.close("Cannot take image as its partition moved on");
    const dropped = this.#queue.slice(this.#taken);
    this.#queue = [];
    this.#taken = 0;
    for (const record of dropped) this.#release(bytesOf(record));
    this.pauseOrResume();
  }

  #tryOptions() {
    return { stopping: this.#stopping, pace: this.#pace };
  }
}

function bytesOf({ value }: SourceRecord): number {
  return RECORD_EXTRA_BYTES + (value?.byteLength ?? 0);
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}
