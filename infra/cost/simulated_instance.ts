import { deliveryShareOf, MAX_WAIT_MS } from "@tintype/core/fairness/delivery_share";
import { type Claim, FairShare } from "@tintype/core/fairness/fair_share";
import { FIGURES } from "./facts.ts";
import type { Timeline } from "./timeline.ts";

/** A delivery of an image. */
export interface Delivery extends Claim {
  /** CPU seconds of its pixels; Infinity for an image that runs into its deadline. */
  readonly cpuS: number;
  /** Called once: its image is ready, or it goes to its slow lane, or it is refused. */
  readonly end: (outcome: "ready" | "divert" | "refuse") => void;
}

/** A delivery in an instance. */
interface Waiting extends Delivery {
  /** Of CPU seconds, what is left. */
  leftS: number;
  hasSlot: boolean;
}

const IO_S = FIGURES.ioMs / 2_000;
const DEADLINE_S = FIGURES.deadlineMs / 1_000;

/**
 * An instance of the processor: deliveries and pixel processes shared by the very module that the processor uses; half of
 * the waiting for storage before the pixels, half after them; pixel processes that share the CPU.
 */
export class SimulatedInstance {
  readonly #timeline: Timeline;
  readonly #slots: FairShare<Waiting>;
  readonly #processes: FairShare<Waiting>;
  readonly #rendering = new Set<Waiting>();
  /** Deliveries behind their pixels, by tenant. */
  readonly #behind = new Map<string, number>();
  #advancedS = 0;
  #version = 0;
  #underWay = 0;
  #busySinceS = 0;
  /** Seconds for which a request was under way. */
  billedS = 0;
  /** CPU seconds used. */
  usedS = 0;

  constructor(timeline: Timeline, maxInstances: number) {
    const { pixelProcesses } = FIGURES;
    const clock = { now: () => timeline.nowS * 1_000 };
    this.#timeline = timeline;
    const busyOf = (key: string) => this.#processes.heldBy(key) + (this.#behind.get(key) ?? 0);
    const share = deliveryShareOf({ pixelProcesses, maxInstances });
    this.#slots = new FairShare({ ...share, clock, busyOf });
    this.#processes = new FairShare({ slots: pixelProcesses, room: Infinity, clock });
  }

  /** Requests that run or wait. */
  get underWay(): number {
    return this.#underWay;
  }

  take(delivery: Delivery): void {
    const waiting: Waiting = { ...delivery, leftS: delivery.cpuS, hasSlot: false };
    const verdict = this.#slots.admit(waiting);
    if (verdict !== "admitted") return delivery.end(verdict);
    if (this.#underWay++ === 0) this.#busySinceS = this.#timeline.nowS;
    this.#startNext();
    if (waiting.hasSlot) return;
    this.#timeline.after(MAX_WAIT_MS / 1_000, () => {
      if (this.#slots.withdraw(waiting)) this.#end(waiting, waiting.isSlow ? "refuse" : "divert");
    });
  }

  /** CPU seconds used until now. */
  measure(): number {
    this.#advance();
    return this.usedS;
  }

  #startNext(): void {
    for (let next = this.#slots.next(); next !== undefined; next = this.#slots.next()) {
      const started = next;
      started.hasSlot = true;
      this.#timeline.after(IO_S, () => {
        this.#processes.admit(started);
        this.#renderNext();
      });
    }
  }

  #renderNext(): void {
    for (let next = this.#processes.next(); next !== undefined; next = this.#processes.next()) {
      const started = next;
      this.#advance();
      this.#rendering.add(started);
      if (started.cpuS === Infinity) {
        this.#timeline.after(DEADLINE_S, () => this.#rendered(started));
      }
    }
    this.#expectNext();
  }

  #rendered(waiting: Waiting): void {
    this.#advance();
    this.#rendering.delete(waiting);
    this.#processes.release(waiting);
    const { key } = waiting;
    this.#behind.set(key, (this.#behind.get(key) ?? 0) + 1);
    this.#renderNext();
    this.#timeline.after(IO_S, () => {
      this.#behind.set(key, (this.#behind.get(key) ?? 0) - 1);
      this.#slots.release(waiting);
      this.#end(waiting, "ready");
      this.#startNext();
    });
  }

  #end({ end }: Waiting, outcome: "ready" | "divert" | "refuse"): void {
    if (--this.#underWay === 0) this.billedS += this.#timeline.nowS - this.#busySinceS;
    end(outcome);
  }

  /** CPU seconds a second that each rendering process gets. */
  get #speed(): number {
    return Math.min(1, FIGURES.vcpus / this.#rendering.size);
  }

  #advance(): void {
    const doneS = (this.#timeline.nowS - this.#advancedS) * this.#speed;
    this.#advancedS = this.#timeline.nowS;
    if (this.#rendering.size === 0) return;
    this.usedS += doneS * this.#rendering.size;
    for (const waiting of this.#rendering) waiting.leftS -= doneS;
  }

  /** Whoever is next is through at the present speed, unless that changes before. */
  #expectNext(): void {
    const version = ++this.#version;
    let first: Waiting | undefined;
    for (const waiting of this.#rendering) {
      if (waiting.leftS < (first?.leftS ?? Infinity)) first = waiting;
    }
    if (first === undefined) return;
    const done = first;
    this.#timeline.at(this.#timeline.nowS + Math.max(0, done.leftS) / this.#speed, () => {
      if (version === this.#version) this.#rendered(done);
    });
  }
}
