import { isAppError } from "@tintype/core/errors";
import type { PartitionFetch, PartitionLease, SourceRecord, UndecodableBatch } from "../ports.ts";
import { ChunkAssembler } from "./chunk_assembler.ts";
import { type Chunk, chunkOf } from "./chunk_headers.ts";
import { INCOMPLETE_CHUNKS } from "./chunk_set.ts";
import { FetchControl } from "./fetch_control.ts";
import { makeDurable } from "./make_durable.ts";
import { OffsetCommitter } from "./offset_committer.ts";
import { OffsetTracker } from "./offset_tracker.ts";
import type { BridgePorts, Partition } from "./partition.ts";
import { PartitionQuota, type RecordQuota } from "./partition_quota.ts";
import { Queue } from "./queue.ts";
import { type Refusal, refuseRecord } from "./refuse_record.ts";
import { Tasks } from "./tasks.ts";

/** What a record holds beside its value, in bytes: one without a value is not for nothing. */
const RECORD_EXTRA_BYTES = 512;

const ORPHAN: Refusal = {
  reason: INCOMPLETE_CHUNKS,
  message: "Cannot take chunk as the set of which it is does not begin before it",
};

/** One partition under one lease: what was fetched waits in line, is made durable side by side, and committed behind. */
export class PartitionWorker {
  readonly lease: PartitionLease;
  readonly #partition: Partition;
  readonly #fetching: FetchControl;
  readonly #committer: OffsetCommitter;
  readonly #assembler: ChunkAssembler;
  readonly #queue = new Queue<SourceRecord>();
  readonly #records = new Tasks();

  constructor(lease: PartitionLease, ports: BridgePorts, bridgeStopping: AbortSignal) {
    this.lease = lease;
    const stopping = AbortSignal.any([lease.ended, bridgeStopping]);
    stopping.addEventListener("abort", () => this.#dropQueued());
    const quota = new PartitionQuota({
      ...{ lease, stopping, quotas: ports.quotas },
      commit: () => this.#committer.flush(),
    });
    const partition = { lease, ports, stopping, quota, offsets: new OffsetTracker() };
    const fetching = new FetchControl(partition);
    const committer = new OffsetCommitter(partition);
    this.#partition = partition;
    this.#fetching = fetching;
    this.#committer = committer;
    this.#assembler = new ChunkAssembler(partition, {
      onReleased: (bytes) => fetching.release(bytes),
      onDurable: (offset) => committer.end(offset),
    });
  }

  /** Takes a fetch over. */
  push({ from, records, next, highWatermark, undecodable }: PartitionFetch): void {
    const { offsets, stopping } = this.#partition;
    this.reachesTo(highWatermark);
    if (stopping.aborted) return;
    offsets.startAt(from);
    for (const record of records) {
      offsets.begin(record.offset);
      this.#fetching.hold(bytesOf(record));
      this.#queue.push(record);
    }
    offsets.passTo(next);
    if (undecodable !== undefined) this.#stopAt(undecodable);
    this.#pump();
    this.pauseOrResume();
  }

  /** The partition ends there, or behind it. */
  reachesTo(end: bigint): void {
    this.#partition.offsets.reachesTo(end);
  }

  /** Records that are in the partition and not durable yet. */
  get lag(): bigint {
    return this.#partition.offsets.lag;
  }

  /** Records that became durable under this lease. */
  get ended(): number {
    return this.#committer.ended;
  }

  /** Whether it is held before a batch that cannot be decoded. */
  get isStopped(): boolean {
    return this.#fetching.isStopped;
  }

  /** Stops or starts the fetching by what is held and free. */
  pauseOrResume(): void {
    this.#fetching.pauseOrResume();
  }

  /** Commits what is durable; gives up sets whose chunks do not come. To be called from time to time. */
  async tick(): Promise<void> {
    const { offsets, ports: { timings } } = this.#partition;
    const isAllRead = this.isStopped || (offsets.isAtEnd && !this.#fetching.isPaused);
    if (isAllRead && this.#queue.length === 0) {
      this.#assembler.closeSilent(timings.chunkSilenceMs);
    }
    this.pauseOrResume();
    await this.commit();
  }

  /** Commits behind what is durable, where that moved. */
  async commit(): Promise<void> {
    await this.#committer.commit();
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await this.#records.settled();
    await this.#assembler.settled();
  }

  /** Holds the partition before a batch that cannot be decoded, until its lease ends: nothing is skipped by itself. */
  #stopAt({ reason, codec, ...batch }: UndecodableBatch): void {
    if (this.isStopped) return;
    this.#fetching.stop();
    const { lease, ports: { log, readiness } } = this.#partition;
    const unblock = readiness.block("undecodable");
    lease.ended.addEventListener("abort", unblock);
    const { topic, partition } = lease;
    const [firstOffset, lastOffset] = [String(batch.firstOffset), String(batch.lastOffset)];
    const { count, bytes, sha256 } = batch;
    log.error("batch_undecodable", {
      ...{ topic, partition, firstOffset, lastOffset, codec, count, bytes, sha256 },
      text: reason,
    });
  }

  #pump(): void {
    const { stopping, ports: { recordsAtOnce } } = this.#partition;
    while (!stopping.aborted && this.#records.size < recordsAtOnce) {
      const record = this.#queue.shift();
      if (record === undefined) return;
      this.#begin(record);
    }
  }

  #begin(record: SourceRecord): void {
    const chunk = readChunk(record);
    if (chunk === undefined) {
      const quota = this.#partition.quota.of(record);
      return this.#work(record, () => this.#deliver(record, quota).finally(quota.leave));
    }
    if ("reason" in chunk) return this.#work(record, () => this.#refuse(record, chunk));
    if (this.#assembler.take(record, chunk)) return this.#fetching.release(RECORD_EXTRA_BYTES);
    this.#work(record, () => this.#refuse(record, ORPHAN));
  }

  /** Does a record's work beside the others' and gives its bytes back at its end. */
  #work(record: SourceRecord, act: () => Promise<boolean>): void {
    const work = this.#records.run(async () => {
      if (await act()) this.#committer.end(record.offset);
    });
    void work.finally(() => {
      this.#fetching.release(bytesOf(record));
      this.#pump();
    });
  }

  async #deliver(record: SourceRecord, quota: RecordQuota): Promise<boolean> {
    const { ports, stopping } = this.#partition;
    const isDurable = await makeDurable({ ...ports, quota }, record, stopping);
    if (isDurable) ports.metrics.bytes.inc(record.value?.byteLength ?? 0);
    return isDurable;
  }

  #refuse(record: SourceRecord, refusal: Refusal): Promise<boolean> {
    const { ports, stopping } = this.#partition;
    return refuseRecord(ports, { record, ...refusal }, stopping);
  }

  /** Nothing more is begun, and no chunk more comes for what is open: all of it comes again, from its beginning. */
  #dropQueued(): void {
    this.#assembler.closeAll("Cannot take image as its partition moved on");
    for (const record of this.#queue.clear()) this.#fetching.release(bytesOf(record));
    this.pauseOrResume();
  }
}

function readChunk(record: SourceRecord): Chunk | Refusal | undefined {
  try {
    return chunkOf(record);
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { reason: error.code, message: error.publicMessage };
  }
}

function bytesOf({ value }: SourceRecord): number {
  return RECORD_EXTRA_BYTES + (value?.byteLength ?? 0);
}
