import type { Leased } from "./message_store.ts";
import { PushWindow } from "./push_window.ts";

/** How a delivery ended: for good, refused, or it was never sent. */
export type Outcome = "acknowledged" | "refused" | "unsent";

/** Where a subscription's messages go, so many at once. */
export interface Destination {
  readonly batchSize: number;
  /** Batches under way at once, at most. */
  readonly concurrency: number;
  /** Sends a batch, or its first messages alone; the outcome of each of them in order. Never rejects. */
  send(batch: readonly Leased[], signal: AbortSignal): Promise<Outcome[]>;
}

/** The messages of a loop's subscription. */
export interface DeliveryQueue {
  /** Leases messages that are due; none while deliveries are held back. */
  claim(limit: number): Leased[];
  settle(message: Leased, outcome: Outcome): void;
  /** When the next message is due, in milliseconds since the epoch; undefined where none waits. */
  nextDueAt(): number | undefined;
}

const MAX_TIMER_MS = 2 ** 31 - 1;

/** The deliveries of one subscription, as many batches at once as its window holds. */
export class DeliveryLoop {
  readonly #queue: DeliveryQueue;
  readonly #destination: Destination;
  readonly #window: PushWindow;
  readonly #underWay = new Set<Promise<void>>();
  readonly #cut = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(queue: DeliveryQueue, destination: Destination) {
    this.#queue = queue;
    this.#destination = destination;
    this.#window = new PushWindow(destination.concurrency);
  }

  /** How many batches may be under way now. */
  get window(): number {
    return this.#window.size;
  }

  /** Starts as many due deliveries as there is room for, and again when the next one is due. */
  pump(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    while (this.#underWay.size < this.#window.size) {
      const batch = this.#queue.claim(this.#destination.batchSize);
      if (batch.length === 0) return this.#sleep();
      const delivery = this.#deliver(batch).finally(() => {
        this.#underWay.delete(delivery);
        this.pump();
      });
      this.#underWay.add(delivery);
    }
  }

  /** Starts no more; waits for what is under way, and cuts it after `graceMs`. */
  async close(graceMs?: number): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const timer = graceMs === undefined ? undefined : setTimeout(() => this.#cut.abort(), graceMs);
    await Promise.all(this.#underWay);
    clearTimeout(timer);
  }

  #sleep(): void {
    const nextDueAt = this.#queue.nextDueAt();
    if (nextDueAt === undefined) return;
    const waitMs = Math.min(MAX_TIMER_MS, Math.max(1, nextDueAt - Date.now()));
    this.#timer = setTimeout(() => this.pump(), waitMs).unref();
  }

  async #deliver(batch: readonly Leased[]): Promise<void> {
    const outcomes = await this.#destination.send(batch, this.#cut.signal);
    batch.forEach((message, index) => {
      const outcome = outcomes[index] ?? "unsent";
      if (outcome === "acknowledged") this.#window.acknowledged();
      if (outcome === "refused") this.#window.refused();
      this.#queue.settle(message, outcome);
    });
  }
}
