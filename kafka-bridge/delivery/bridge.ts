/**
 * The Kafka source: `bridge.ts` hands each fetch to its partition's worker (`partition_worker.ts`), which makes records
 * durable side by side (`make_durable.ts`, `admit_record.ts`, `chunk_assembler.ts`) and commits behind what
 * `offset_tracker.ts` finds durable. The bridge alone retries, as the records behind must wait anyway; what dies with the
 * process Kafka delivers again.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { PartitionFetch, PartitionLag, PartitionLease } from "../ports.ts";
import type { BridgePorts } from "./partition.ts";
import { PartitionWorker } from "./partition_worker.ts";

/** All partitions that this member holds. */
export class Bridge {
  readonly #ports: BridgePorts;
  readonly #stopping = new AbortController();
  readonly #workers = new Map<PartitionLease, PartitionWorker>();
  #opened = 0;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(ports: BridgePorts) {
    this.#ports = ports;
    this.#timer = setInterval(() => {
      for (const worker of this.#workers.values()) void worker.tick();
    }, ports.timings.commitEveryMs);
  }

  /** Takes a fetch over: every record of it becomes an object or a dead letter, or comes again under another lease. */
  take(fetched: PartitionFetch): void {
    const { lease } = fetched;
    if (lease.ended.aborted) return;
    const worker = this.#workers.get(lease) ?? this.#open(lease);
    worker.push(fetched);
    // What one holds more, the others may hold less.
    this.pauseOrResume();
  }

  /** Stops or starts each partition's fetching; to be called when the circuit opens or closes. */
  pauseOrResume(): void {
    for (const worker of this.#workers.values()) worker.pauseOrResume();
  }

  /** Commits what is durable now, as the group is about to move on. */
  commit(): void {
    for (const worker of this.#workers.values()) void worker.commit();
  }

  /** A partition ends there, whether or not something of it was fetched. */
  reachesTo(topic: string, partition: number, end: bigint): void {
    for (const worker of this.#workers.values()) {
      if (worker.lease.topic === topic && worker.lease.partition === partition) {
        worker.reachesTo(end);
      }
    }
  }

  /** How far each partition is behind. */
  lags(): PartitionLag[] {
    return [...this.#workers.values()].map(({ lease: { topic, partition }, lag }) => ({
      topic,
      partition,
      lag,
    }));
  }

  /** Is another one whenever a record became durable, or a partition came or went. */
  get progress(): string {
    const ended = [...this.#workers.values()].map((worker) => worker.ended);
    return `${this.#opened}: ${ended.join()}`;
  }

  /** Whether a partition that is read is behind. */
  get hasWork(): boolean {
    return [...this.#workers.values()].some(({ lag, isStopped }) => lag > 0n && !isStopped);
  }

  /** Begins nothing more, gives what is under way its grace, and commits what is durable. */
  async drain(): Promise<void> {
    this.#stopping.abort();
    clearInterval(this.#timer);
    const workers = [...this.#workers.values()];
    const { graceMs } = this.#ports.timings;
    const over = new AbortController();
    await Promise.race([
      Promise.all(workers.map((worker) => worker.settled())),
      sleep(graceMs, undefined, { signal: over.signal }).catch(() => undefined),
    ]);
    over.abort();
    await Promise.all(workers.map((worker) => worker.commit()));
  }

  #open(lease: PartitionLease): PartitionWorker {
    const worker = new PartitionWorker(lease, this.#ports, this.#stopping.signal);
    this.#workers.set(lease, worker);
    this.#opened++;
    lease.ended.addEventListener("abort", () => this.#workers.delete(lease));
    return worker;
  }
}
