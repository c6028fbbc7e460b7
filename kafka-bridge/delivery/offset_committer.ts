import type { Partition } from "./partition.ts";

const COMMIT_AFTER_RECORDS = 500;

/** Commits the offsets of one partition, one commit at a time; readiness is red while the group does not take them. */
export class OffsetCommitter {
  readonly #partition: Partition;
  #running: Promise<void> | undefined;
  /** Records that became durable. */
  ended = 0;
  #endedSinceCommit = 0;
  #unblock: (() => void) | undefined;
  #failure: unknown;

  constructor(partition: Partition) {
    this.#partition = partition;
    partition.lease.ended.addEventListener("abort", () => this.#unblock?.());
  }

  /** A record is durable. */
  end(offset: bigint): void {
    this.#partition.offsets.end(offset);
    this.ended++;
    if (++this.#endedSinceCommit >= COMMIT_AFTER_RECORDS) void this.commit();
  }

  /** Commits behind what is durable, where that moved; a commit that is not taken is tried again at the next one. */
  async commit(): Promise<void> {
    await this.#running;
    this.#running ??= this.#commitOnce().finally(() => this.#running = undefined);
    await this.#running;
  }

  /** Commits also where nothing moved but the counts; throws where the group does not take them. */
  async flush(): Promise<void> {
    await this.commit();
    this.#partition.lease.ended.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #commitOnce(): Promise<void> {
    const { lease, offsets, quota, ports: { metrics, readiness, log } } = this.#partition;
    const next = offsets.toCommit() ?? (quota.needsCommit ? offsets.position : undefined);
    if (next === undefined || lease.ended.aborted) return;
    this.#endedSinceCommit = 0;
    this.#failure = undefined;
    try {
      const { metadata, onTaken } = await quota.beginCommit(next);
      await lease.commit(next, metadata);
      offsets.committed(next);
      onTaken();
      metrics.commits.inc({ outcome: "taken" });
      this.#unblock?.();
      this.#unblock = undefined;
    } catch (error) {
      metrics.commits.inc({ outcome: "not_taken" });
      this.#failure = error;
      if (lease.ended.aborted) return;
      this.#unblock ??= readiness.block("commits");
      const text = error instanceof Error ? error.name : typeof error;
      log.warn("commit_held_up", { topic: lease.topic, partition: lease.partition, text });
    }
  }
}
