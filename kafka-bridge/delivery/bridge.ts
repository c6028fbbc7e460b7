/**
 * The Kafka door: `bridge.ts` hands each fetch to its partition's lane (`partition_lane.ts`), which makes records durable
 * side by side (`make_durable.ts`, `admit_record.ts`, `chunks/`) and commits behind what `offset_tracker.ts` finds durable.
 * Whoever retries is in here, as the records behind must wait anyway; what dies with the process Kafka delivers again.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { DEFAULT_PACE, type Pace } from "./timings.ts";
import { type LanePorts, PartitionLane } from "./partition_worker.ts";
import type { PartitionFetch, PartitionLag, PartitionLease } from "../ports.ts";

/** What the bridge needs. */
export interface BridgePorts extends LanePorts {
  /** How often it commits and tries again; the default where none is given. */
  readonly pace?: Pace;
}

/** All partitions that this member holds. */
export class Bridge {
  readonly #ports: BridgePorts;
  readonly #pace: Pace;
  readonly #stopping = new AbortController();
  readonly #lanes = new Map<PartitionLease, PartitionLane>();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(ports: BridgePorts) {
    this.#ports = ports;
    this.#pace = ports.pace ?? DEFAULT_PACE;
    this.#timer = setInterval(() => {
      for (const lane of this.#lanes.values()) void lane.tick();
    }, this.#pace.commitEveryMs);
  }

  /** Takes a fetch over: every record of it becomes an object or a dead letter, or comes again under another lease. */
  take(fetched: PartitionFetch): void {
    const { lease } = fetched;
    if (lease.ended.aborted) return;
    const lane = this.#lanes.get(lease) ?? this.#open(lease);
    lane.push(fetched);
    // What one holds more, the others may hold less.
    this.pauseOrResume();
  }

  /** Stops or starts each partition's fetching; to be called when the circuit opens or closes. */
  pauseOrResume(): void {
    for (const lane of this.#lanes.values()) lane.pauseOrResume();
  }

  /** Commits what is durable now, as the group is about to move on. */
  commit(): void {
    for (const lane of this.#lanes.values()) void lane.commit();
  }

  /** A partition ends there, whether or not something of it was fetched. */
  reachesTo(topic: string, partition: number, end: bigint): void {
    for (const lane of this.#lanes.values()) {
      if (lane.lease.topic === topic && lane.lease.partition === partition) lane.reachesTo(end);
    }
  }

  /** How far each partition is behind. */
  lags(): PartitionLag[] {
    return [...this.#lanes.values()].map(({ lease: { topic, partition }, lag }) => ({
      topic,
      partition,
      lag,
    }));
  }

  /** Begins nothing more, gives what is under way its grace, and commits what is durable. */
  async drain(): Promise<void> {
    this.#stopping.abort();
    clearInterval(this.#timer);
    const lanes = [...this.#lanes.values()];
    const over = new AbortController();
    await Promise.race([
      Promise.all(lanes.map((lane) => lane.settled())),
      sleep(this.#pace.graceMs, undefined, { signal: over.signal }).catch(() => undefined),
    ]);
    over.abort();
    await Promise.all(lanes.map((lane) => lane.commit()));
  }

  #open(lease: PartitionLease): PartitionLane {
    const options = { pace: this.#pace, stopping: this.#stopping.signal };
    const lane = new PartitionLane(lease, this.#ports, options);
    this.#lanes.set(lease, lane);
    lease.ended.addEventListener("abort", () => this.#lanes.delete(lease));
    return lane;
  }
}
