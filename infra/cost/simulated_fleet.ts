import { deliveryShareOf } from "@tintype/core/fairness/delivery_share";
import type { Random } from "@tintype/core/seeded_random";
import { FIGURES } from "./facts.ts";
import { type Delivery, SimulatedInstance } from "./simulated_instance.ts";
import type { Timeline } from "./timeline.ts";

const COLD_START_S = FIGURES.coldStartMs / 1_000;
/** How long Cloud Run keeps a request for which no instance has room. */
const MAX_PENDING_S = Math.max(10, 3.5 * COLD_START_S);
const SCALE_IN_AFTER_S = 900;
const MEASURED_S = 10;

/** The fleet's size. */
export interface FleetOptions {
  readonly minInstances: number;
  readonly maxInstances: number;
}

/**
 * Cloud Run: a request goes to the emptier of two instances, or waits where none has room; enough instances are started that the CPU that
 * is asked for or used, and concurrency, stay at the share it aims at; they go after a quarter of an hour without need.
 */
export class SimulatedFleet {
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #options: FleetOptions;
  readonly #concurrency: number;
  readonly #instances: SimulatedInstance[] = [];
  /** Those that take no more. */
  readonly #ended: SimulatedInstance[] = [];
  readonly #pending = new Set<Delivery>();
  /** CPU seconds that requests asked for, and that were used, at the end of each of the last seconds. */
  readonly #measured: { readonly askedS: number; readonly usedS: number }[] = [];
  #askedS = 0;
  #starting = 0;
  #neededAtS = 0;
  peakInstances = 0;

  constructor(timeline: Timeline, random: Random, options: FleetOptions) {
    this.#timeline = timeline;
    this.#random = random;
    this.#options = options;
    const { slots, room } = deliveryShareOf({ ...options, ...FIGURES });
    this.#concurrency = slots + room;
    while (this.#instances.length < options.minInstances) this.#add();
  }

  get instances(): number {
    return this.#instances.length;
  }

  /** Seconds of an instance that are paid for. */
  get billedS(): number {
    return [...this.#instances, ...this.#ended].reduce((sum, { billedS }) => sum + billedS, 0);
  }

  take(delivery: Delivery): void {
    if (!delivery.isSlow && delivery.cpuS < Infinity) this.#askedS += delivery.cpuS;
    const instance = this.#withRoom();
    if (instance !== undefined) return instance.take(this.#thenPending(delivery));
    this.#pending.add(delivery);
    this.#timeline.after(MAX_PENDING_S, () => {
      if (this.#pending.delete(delivery)) delivery.end("refuse");
    });
  }

  /** Cloud Run's rule in short, once a second. */
  scale(): void {
    const { minInstances, maxInstances } = this.#options;
    const all = [...this.#instances, ...this.#ended];
    const now = { askedS: this.#askedS, usedS: all.reduce((sum, each) => sum + each.measure(), 0) };
    if (this.#measured.push(now) > MEASURED_S + 1) this.#measured.shift();
    const before = this.#measured[0] ?? now;
    const cpuS = Math.max(now.askedS - before.askedS, now.usedS - before.usedS);
    const requests = this.#instances.reduce((sum, { underWay }) => sum + underWay, 0);
    const { vcpus, utilization } = FIGURES;
    const byCpu = cpuS / (MEASURED_S * vcpus * utilization);
    const byRequests = (requests + this.#pending.size) / (this.#concurrency * utilization);
    const wanted = Math.ceil(Math.max(byCpu, byRequests));
    for (let left = Math.min(maxInstances, wanted) - this.#coming(); left > 0; left--) {
      this.#starting++;
      this.#timeline.after(COLD_START_S, () => this.#add());
    }
    if (wanted >= this.#instances.length) this.#neededAtS = this.#timeline.nowS;
    const isIdle = this.#timeline.nowS - this.#neededAtS > SCALE_IN_AFTER_S;
    if (!isIdle || this.#instances.length <= Math.max(minInstances, wanted)) return;
    this.#ended.push(...this.#instances.splice(-1));
    this.#neededAtS = this.#timeline.nowS - SCALE_IN_AFTER_S + 60;
  }

  #coming(): number {
    return this.#instances.length + this.#starting;
  }

  #add(): void {
    this.#starting = Math.max(0, this.#starting - 1);
    this.#instances.push(new SimulatedInstance(this.#timeline, this.#options.maxInstances));
    this.peakInstances = Math.max(this.peakInstances, this.#instances.length);
    this.#takePending();
  }

  #takePending(): void {
    for (const delivery of this.#pending) {
      const instance = this.#withRoom();
      if (instance === undefined) return;
      this.#pending.delete(delivery);
      instance.take(this.#thenPending(delivery));
    }
  }

  /** Where a request ends, one that waits finds room. */
  #thenPending(delivery: Delivery): Delivery {
    return {
      ...delivery,
      end: (outcome) => {
        delivery.end(outcome);
        if (this.#pending.size > 0) this.#takePending();
      },
    };
  }

  /** The one of two instances that has fewer requests, where it has room; else any that has. */
  #withRoom(): SimulatedInstance | undefined {
    const drawn = () => this.#instances[Math.floor(this.#random() * this.#instances.length)];
    const [one, other] = [drawn(), drawn()];
    if (one === undefined || other === undefined) return undefined;
    const hasRoom = ({ underWay }: SimulatedInstance) => underWay < this.#concurrency;
    const emptier = one.underWay < other.underWay ? one : other;
    return hasRoom(emptier) ? emptier : this.#instances.find(hasRoom);
  }
}
