import { setTimeout as sleep } from "node:timers/promises";
import type { SourceRecord } from "../ports.ts";
import type { Chunk } from "./chunk_headers.ts";
import { ChunkSet, INCOMPLETE_CHUNKS } from "./chunk_set.ts";
import { tryCreate, type TryOutcome } from "./make_durable.ts";
import type { Partition } from "./partition.ts";
import { makeDeadLetter, publishRefusal, type Refusal } from "./refuse_record.ts";
import type { RecordQuota } from "./partition_quota.ts";
import { retryUntilDone } from "./retry_until_done.ts";
import { Tasks } from "./tasks.ts";

const MAX_OPEN_SETS = 32;

/** Who hears of the chunks' records. */
interface AssemblerEvents {
  /** Called when a chunk's bytes are not held any more. */
  readonly onReleased: (bytes: number) => void;
  /** Called for each record of a set that is durable. */
  readonly onDurable: (offset: bigint) => void;
}

/** The open chunk sets of one partition: each becomes one object, or every record of it a dead letter. */
export class ChunkAssembler {
  readonly #partition: Partition;
  readonly #events: AssemblerEvents;
  readonly #sets = new Map<string, ChunkSet>();
  readonly #deliveries = new Tasks();

  constructor(partition: Partition, events: AssemblerEvents) {
    this.#partition = partition;
    this.#events = events;
  }

  /** Takes a chunk that begins a set or belongs to an open one; false where it does neither. */
  take(record: SourceRecord, chunk: Chunk): boolean {
    const open = this.#sets.get(chunk.id);
    if (open === undefined && chunk.index > 0) return false;
    if (open === undefined) this.#open(record, chunk);
    else open.add(record, chunk);
    return true;
  }

  /** Closes sets of which no chunk came for so long. */
  closeSilent(silenceMs: number): void {
    const silentSinceMs = performance.now() - silenceMs;
    for (const set of this.#sets.values()) {
      if (set.heardAtMs >= silentSinceMs) continue;
      set.close("Cannot take image as its last chunks did not come in time");
    }
  }

  /** Closes every set: no chunk comes any more. */
  closeAll(message: string): void {
    for (const set of this.#sets.values()) set.close(message);
  }

  /** Resolves when no set is being delivered. */
  settled(): Promise<void> {
    return this.#deliveries.settled();
  }

  #open(first: SourceRecord, chunk: Chunk): void {
    const { onReleased } = this.#events;
    const set = new ChunkSet({ chunk, onReleased });
    const [oldest] = this.#sets.values();
    if (this.#sets.size >= MAX_OPEN_SETS) {
      oldest?.close("Cannot take image as too many others were begun before its last chunk");
    }
    this.#sets.set(chunk.id, set);
    const span = this.#partition.offsets.span(first.offset);
    const quota = this.#partition.quota.of(first);
    set.add(first, chunk);
    void this.#deliveries.run(async () => {
      try {
        if (!await this.#deliver(set, first, quota)) return;
        this.#partition.ports.metrics.bytes.inc(set.bytes);
        span.last = set.members.at(-1)?.offset ?? first.offset;
        for (const { offset } of set.members) this.#events.onDurable(offset);
      } finally {
        quota.leave();
        set.discard();
        if (this.#sets.get(chunk.id) === set) this.#sets.delete(chunk.id);
      }
    });
  }

  /** The whole set as one object, or each of its records as a dead letter: true. False where neither could be. */
  async #deliver(set: ChunkSet, first: SourceRecord, quota: RecordQuota): Promise<boolean> {
    const { stopping } = this.#partition;
    const outcome = await this.#create(set, first, quota);
    set.discard();
    if (typeof outcome === "string") {
      await this.#readAgain();
      return false;
    }
    await set.complete; // as it is closed when the partition moves on
    if (stopping.aborted) return false;
    if (outcome === undefined) return true;
    return await this.#refuse(set, outcome);
  }

  /** Tries again what is in the way before the first byte of the stream is read, which can only be read once. */
  async #create(set: ChunkSet, first: SourceRecord, quota: RecordQuota): Promise<TryOutcome> {
    const { ports: shared, stopping } = this.#partition;
    const ports = { ...shared, quota };
    const body = {
      stream: set.stream,
      signal: stopping,
      limitTo: (maxBytes: number) => set.limitTo(maxBytes),
      size: () => set.bytes,
    };
    const tried: { outcome?: TryOutcome } = {};
    const isTried = await retryUntilDone(ports, stopping, async () => {
      const outcome = tried.outcome = await tryCreate(ports, first, body);
      return typeof outcome !== "string" || outcome === "storage" ? undefined : outcome;
    });
    return isTried ? tried.outcome : "storage";
  }

  /** Its records are dead letters, one by one; it was one image, so that others learn of it once. */
  async #refuse(set: ChunkSet, { reason, message }: Refusal): Promise<boolean> {
    const { ports, stopping } = this.#partition;
    const refusal = set.closedFor === undefined
      ? { reason, message }
      : { reason: INCOMPLETE_CHUNKS, message: set.closedFor };
    for (const record of set.members) {
      const letter = { record, ...refusal, isValueOmitted: true };
      if (!await makeDeadLetter(ports, letter, stopping)) return false;
    }
    const [record] = set.members;
    if (record === undefined) return true;
    const image = { record, reason: refusal.reason, bytes: set.bytes };
    return await publishRefusal(ports, image, stopping);
  }

  /** A stream is read only once: what is not durable is fetched again. */
  async #readAgain(): Promise<void> {
    const { lease, offsets, stopping } = this.#partition;
    const { circuit, metrics, readiness, timings } = this.#partition.ports;
    if (stopping.aborted) return;
    metrics.retries.inc({ what: "storage" });
    const unblock = readiness.block("storage");
    await sleep(timings.minDelayMs, undefined, { signal: stopping }).catch(() => undefined);
    await circuit.pass(stopping);
    unblock();
    const from = offsets.restartAt;
    if (from !== undefined && !lease.ended.aborted) lease.restart(from);
  }
}
