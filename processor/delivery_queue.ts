import { AppError } from "@tintype/core/errors";
import { performance } from "node:perf_hooks";

/** How many deliveries run, and how many may wait for how long. */
export interface DeliveryQueueOptions {
  readonly maxRunning: number;
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
}

/**
 * Lets deliveries wait inside their request for a place, so that a burst costs none of their attempts; a nack does.
 * Throws `rate_limited` where the queue is full or the wait was too long.
 */
export class DeliveryQueue {
  readonly #options: DeliveryQueueOptions;
  /** Each starts a delivery that waits. */
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: DeliveryQueueOptions) {
    this.#options = options;
  }

  /** Deliveries under way, those that wait included. */
  get size(): number {
    return this.#running + this.#waiting.length;
  }

  /** Runs the work once there is a place and tells it how long that took, in milliseconds. */
  async run<Answer>(work: (waitedMs: number) => Promise<Answer>): Promise<Answer> {
    const sinceMs = performance.now();
    await this.#enter();
    try {
      return await work(Math.round(performance.now() - sinceMs));
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  async #enter(): Promise<void> {
    const { maxRunning, maxWaiting, maxWaitMs } = this.#options;
    if (this.#running < maxRunning) {
      this.#running++;
      return;
    }
    if (this.#waiting.length >= maxWaiting) throw busy();
    const place = Promise.withResolvers<void>();
    const start = () => {
      this.#running++;
      place.resolve();
    };
    this.#waiting.push(start);
    const timer = setTimeout(() => {
      const at = this.#waiting.indexOf(start);
      if (at < 0) return;
      this.#waiting.splice(at, 1);
      place.reject(busy());
    }, maxWaitMs);
    try {
      await place.promise;
    } finally {
      clearTimeout(timer);
    }
  }
}

function busy(): AppError {
  return new AppError("rate_limited", "Cannot take this delivery now as too many are under way");
}
