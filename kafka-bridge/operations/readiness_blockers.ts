import type { Log } from "@tintype/core/ports/log";

/** What can stand between a record and its durability. */
export type Obstacle = "storage" | "dead_letters" | "commits";

/** Counts the records that an obstacle holds up: readiness asks it, and the log hears of its beginning and its end only. */
export class Trouble {
  readonly #held = new Map<Obstacle, number>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** A record is held up; what it answers ends that, once. */
  raise(obstacle: Obstacle): () => void {
    const before = this.#held.get(obstacle) ?? 0;
    this.#held.set(obstacle, before + 1);
    if (before === 0) this.#log.error("obstacle", { obstacle });
    let isRaised = true;
    return () => {
      if (!isRaised) return;
      isRaised = false;
      this.#lower(obstacle);
    };
  }

  /** The obstacles of now; none when work can be done. */
  get obstacles(): readonly Obstacle[] {
    return [...this.#held.keys()];
  }

  #lower(obstacle: Obstacle): void {
    const left = (this.#held.get(obstacle) ?? 0) - 1;
    if (left > 0) return void this.#held.set(obstacle, left);
    this.#held.delete(obstacle);
    this.#log.info("obstacle_gone", { obstacle });
  }
}
