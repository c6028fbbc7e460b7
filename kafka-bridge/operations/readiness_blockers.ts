import type { Log } from "@tintype/core/ports/log";

/** What can stand between a record and its durability. */
export type ReadinessBlocker =
  | "storage"
  | "dead_letters"
  | "records"
  | "commits"
  /** A topic's settings are beyond the retention contract, and its tenant does not accept that. */
  | "topics"
  /** A batch cannot be decoded and holds its partition. */
  | "undecodable"
  /** A record's day has no salt, or its pseudonym key is missing. */
  | "days"
  /** Results cannot be written: their subscription or their topic is not there, not right or not reached. */
  | "results"
  /** A topic has no tenant, or the tenants' objects cannot be read. */
  | "tenants"
  /** An operator has closed the source for a tenant. */
  | "closed";

/** Hold up a partition, a topic or results alone; commits fail for a member that lost its group, too. */
const PARTIAL: ReadonlySet<ReadinessBlocker> = new Set([
  "commits",
  "results",
  "topics",
  "undecodable",
]);

/** Counts the records that each blocker holds up; readiness reads it, and the log gets its beginning and its end only. */
export class ReadinessBlockers {
  readonly #held = new Map<ReadinessBlocker, number>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Counts a record that is held up; the function that it returns ends that, once. */
  block(blocker: ReadinessBlocker): () => void {
    const before = this.#held.get(blocker) ?? 0;
    this.#held.set(blocker, before + 1);
    if (before === 0) this.#log.error("blocker", { blocker });
    let isBlocked = true;
    return () => {
      if (isBlocked) this.#unblock(blocker);
      isBlocked = false;
    };
  }

  /** The blockers of now; none when work can be done. */
  get current(): readonly ReadinessBlocker[] {
    return [...this.#held.keys()];
  }

  /** Whether nothing that others must do holds up every partition. */
  get isFree(): boolean {
    return this.current.every((blocker) => PARTIAL.has(blocker));
  }

  #unblock(blocker: ReadinessBlocker): void {
    const left = (this.#held.get(blocker) ?? 0) - 1;
    if (left > 0) return void this.#held.set(blocker, left);
    this.#held.delete(blocker);
    this.#log.info("blocker_gone", { blocker });
  }
}
